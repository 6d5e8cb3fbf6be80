/** The page's style: by the system's fonts, in light and in dark, and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --rule: #d9dee5; --page: #f6f7f9; --card: #fff;
  --good: #4577b8; --bad: #c2383d; --median: #1f5fae; --p95: #a15c07; --max: #7b4ab0; --span: #3f6fae; --span1: #2f7d6b;
  --span2: #7b5ea7; --inside: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #a3adba; --rule: #37404c; --page: #14181d;
  --card: #1d232b; --good: #6d9fdc; --bad: #ee7277; --median: #7db2f2; --p95: #e3a34f; --max: #bf9bea; --span: #7aa7e0;
  --span1: #64b5a2; --span2: #b39ad8; --inside: #10151b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 66rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--page); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 0 0 .75rem; }
header p, .legend, section > p { color: var(--soft); margin: .25rem 0 .75rem; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 1rem 1.25rem; margin-top: 1rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1rem 0 0; padding: 0; }
.numbers div { display: flex; flex-direction: column-reverse; } .numbers dt { color: var(--soft); font-size: .85rem; }
.numbers dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.numbers .alarm dd { color: var(--bad); }
.scroll { overflow-x: auto; } .scroll:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--median);
  outline-offset: 2px; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: .5rem 1rem; }
figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; overflow-wrap: anywhere; }
svg { display: block; max-width: 100%; height: auto; min-width: 26rem; } svg[width="960"] { min-width: 44rem; } .legend svg { display: inline; min-width: 0; }
.legend span { margin-right: 1.25rem; white-space: nowrap; }
text { fill: var(--ink); font-size: 12px; } .tick { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.inside { fill: var(--inside); } .grid { stroke: var(--rule); } .hit { fill: transparent; }
.good { fill: var(--good); } .bad { fill: var(--bad); } .span { fill: var(--span); }
.span.depth-1 { fill: var(--span1); } .span.depth-2 { fill: var(--span2); }
.line { fill: none; stroke-width: 1.5; } .median { stroke: var(--median); stroke-width: 2; }
.p95 { stroke: var(--p95); stroke-dasharray: 6 3; } .max { stroke: var(--max); stroke-dasharray: 2 3; }
.dot { fill: var(--median); } .range { stroke: var(--soft); } .box { fill: var(--median); opacity: .35; }
.p99 { stroke: var(--p95); stroke-width: 2; } g:hover > .hit { fill: var(--ink); opacity: .06; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin-bottom: .25rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; } th[scope=row] { font-weight: 500; overflow-wrap: anywhere; min-width: 9rem; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.under { padding-left: 1rem; color: var(--soft); } .failed { color: var(--bad); } code { overflow-wrap: anywhere; }
details { margin: .5rem 0; } summary { cursor: pointer; padding: .25rem 0; }
@media print { body { background: none; } section { break-inside: avoid; } }
`;
