// How quick a report is, beside JSON.parse of the same lines, which any reader has to do: in one process, in turns. And
// the whole command on a log of a million lines: its time and its peak memory. The former is processor time, garbage
// collection and all, so that what else the machine does counts for little.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLines } from '../dist/esm/report/line-reader.js';
import { ReportBuilder } from '../dist/esm/report/report-builder.js';
import { logLines } from './support/log-lines.mjs';

const LINES = 100_000;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 3;
const LOG_LINES = Number(process.env.LOG_LINES ?? 1_000_000);

const folder = await mkdtemp(join(tmpdir(), 'tidings-bench-'));

async function writeLog(path, count) {
  const file = createWriteStream(path);
  let written = 0;
  for (const line of logLines(count)) {
    if (written === count) break;
    written += 1;
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

const short = join(folder, 'short.log');
await writeLog(short, LINES);
const lines = [];
await readLines(createReadStream(short), { line: (line) => lines.push(line), tooLong() {} });

function report(options) {
  const builder = new ReportBuilder(options);
  for (let index = 0; index < lines.length; index += 1) builder.line(lines[index], 'log', index + 1);
  return builder.report().input.notifications;
}

const cases = {
  'JSON.parse alone': () => {
    let types = 0;
    for (const line of lines) if (JSON.parse(line).event_type !== '') types += 1;
    return types;
  },
  report: () => report({}),
  'report by project, with plots': () => report({ by: 'project', plots: true, objectives: ['*=1s'] }),
  'report of a file': async () => {
    const builder = new ReportBuilder();
    const chunks = createReadStream(short, { highWaterMark: 1024 ** 2 });
    await readLines(chunks, { line: (text, number) => builder.line(text, short, number), tooLong() {} });
    return builder.report().input.notifications;
  },
};
const samples = new Map(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
  for (const [name, run] of Object.entries(cases)) {
    const before = process.cpuUsage();
    if ((await run()) !== LINES) throw new Error(`${name} has not read every line`);
    const { user, system } = process.cpuUsage(before);
    if (round >= WARM_UP_ROUNDS) samples.get(name).push((user + system) / 1_000);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const perSecond = Object.fromEntries([...samples].map(([name, values]) => [name, (LINES / median(values)) * 1_000]));
const ratio = (name) => perSecond[name] / perSecond['JSON.parse alone'];
console.table(
  Object.fromEntries(
    Object.keys(cases).map((name) => [
      name,
      { 'lines per processor second': Math.round(perSecond[name]), 'of JSON.parse': Number(ratio(name).toFixed(2)) },
    ]),
  ),
);
console.log(`report / JSON.parse alone: ${ratio('report').toFixed(2)} (goal: at least 0.5)`);

const long = join(folder, 'long.log');
await writeLog(long, LOG_LINES);
const { size } = await stat(long);
const main = fileURLToPath(new URL('../dist/esm/cli/main.js', import.meta.url));
const measured = `process.on('exit', () => console.error(process.resourceUsage().maxRSS));
  process.argv.splice(1, 0, ${JSON.stringify(main)}); await import(${JSON.stringify(main)});`;
for (const format of ['table', 'html']) {
  const began = performance.now();
  const args = ['--input-type=module', '-e', measured, 'report', long, '--format', format];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let peak = '';
  child.stderr.on('data', (chunk) => {
    peak += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(peak);
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `${LOG_LINES} lines (${Math.round(size / 1024 ** 2)} MiB) as ${format}: ${seconds.toFixed(1)} s, peak memory ${Math.round(Number(peak) / 1024)} MiB`,
  );
}
await rm(folder, { recursive: true });
process.exitCode = ratio('report') >= 0.5 ? 0 : 1;
