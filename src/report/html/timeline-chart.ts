import { shownDuration } from '../printable.js';
import type { Timeline } from '../timelines.js';
import { bottomAxis, chart, px, shortName } from './chart.js';
import { type Markup, markup } from './markup.js';
import { countScale } from './scale.js';

const ROW = 24;
const WIDTH = 960;
const LEFT = 230;
const RIGHT = 926;
const INDENT = 12;
const MOST_ROWS = 60;

/** What one operation consisted of: itself, what it called, and what that called. */
export function timelineChart(root: Timeline, index: number): Markup {
  const all = [...rowsOf(root, 0)];
  const rows = all.slice(0, MOST_ROWS);
  // What a caller's clock says of its beginning may be later than what another's says of the call's.
  const first = Math.min(0, ...rows.map(({ span }) => span.offsetMs));
  const last = Math.max(...rows.map(({ span }) => span.offsetMs + span.durationMs));
  const times = countScale(1, LEFT, RIGHT);
  const place = (ms: number) => times.place(0) + ((ms - first) / Math.max(last - first, 0.001)) * (RIGHT - LEFT);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const ms = first + part * (last - first);
    return { at: place(ms), label: shownDuration(Math.max(ms, 0)) };
  });
  const bottom = rows.length * ROW + 8;
  const bars = rows.map(({ span, depth }, row) => {
    const y = row * ROW + 4;
    const [from, to] = [place(span.offsetMs), place(span.offsetMs + span.durationMs)];
    const width = Math.max(2, to - from);
    const label = shownDuration(span.durationMs);
    const isRoomy = width > 70;
    const after = to + 80 < RIGHT;
    const [x, anchor] = isRoomy ? [from + 6, 'start'] : after ? [from + width + 6, 'start'] : [from - 6, 'end'];
    const tip = `${span.operation} (${span.operationId}) of ${span.publisherId}: began after ${shownDuration(Math.max(span.offsetMs, 0))}, took ${label}${span.isError ? ', failed' : ''}`;
    return markup`<g><title>${tip}</title><rect class="hit" x="0" y="${y}" width="${WIDTH}" height="${ROW}"/>
<text class="name" x="${8 + Math.min(depth, 8) * INDENT}" y="${y + 16}">${shortName(span.operation, 30 - Math.min(depth, 8) * 2)}</text>
<rect class="${span.isError ? 'bad' : 'span'} depth-${depth % 3}" x="${px(from)}" y="${y + 3}" width="${px(width)}" height="${ROW - 6}" rx="2"/>
<text class="${isRoomy ? 'inside' : 'value'}" x="${px(x)}" y="${y + 16}" text-anchor="${anchor}">${label}${span.isError ? ' failed' : ''}</text></g>`;
  });
  const text = {
    id: `timeline-${index}`,
    title: `Timeline of ${root.operation}`,
    description: rows
      .slice(0, 12)
      .map(({ span }) => `${span.operation} took ${shownDuration(span.durationMs)}`)
      .join(', '),
  };
  const more =
    all.length > rows.length ? markup`<p>${all.length - rows.length} more calls are not shown.</p>` : undefined;
  const summary = markup`<strong>${root.operation}</strong> ${shownDuration(root.durationMs)}, began ${root.beganAt}, <code>${root.operationId}</code>`;
  const body = [chart(text, WIDTH, bottom + 22, [bottomAxis(ticks, 2, bottom), bars]), more];
  return markup`<details${index === 0 ? markup` open` : undefined}><summary>${summary}</summary>${body}</details>`;
}

function* rowsOf(span: Timeline, depth: number): Generator<{ span: Timeline; depth: number }> {
  yield { span, depth };
  for (const child of span.children) yield* rowsOf(child, depth + 1);
}
