import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { duration, integer, oneOf } from '../notification/configuration.js';
import { errorText } from '../notification/errors.js';
import { formatCsv } from '../report/format-csv.js';
import { formatHtml } from '../report/format-html.js';
import { formatTable } from '../report/format-table.js';
import { readLines } from '../report/line-reader.js';
import { readTimestamp } from '../report/read-time.js';
import { GROUPINGS, type Report } from '../report/report.js';
import { ReportBuilder } from '../report/report-builder.js';
import type { Say } from './command.js';
import { BROKER_FLAGS, BROKER_USAGE, brokerOptions } from './listener-options.js';
import { liveNotifications } from './live-notifications.js';
import { parseFlags } from './parse-flags.js';
import { ProgressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

export const REPORT_USAGE = `Usage: tidings report [FILE... | --live TIME [--count N] [broker]] [--format FORMAT] [--by publisher|project|user]
                      [--since TIME] [--until TIME] [--sla OPERATION=TIME]... [--pair START=END]... [--top N]

Says what notifications tell: how often, how long, what failed, who did it. Reads one notification a line, as the log
driver writes them and in every wire format; FILE may end with .gz; without one, or as -, it is standard input.

  --format FORMAT  table, json, csv, or html: one page with plots, tidings report log --format html > report.html;
                   default: table
  --by WHOM        rows for each publisher, project or user, under those of all
  --since TIME, --until TIME
                   a time (2024-03-15T10:30:05Z), or how long ago (2h)
  --sla OPERATION=TIME
                   how long an operation may take: task.run=2s, 'image.*=500ms'; repeat it for more
  --pair START=END event types that begin and end an operation, where they are not called .start and .end
  --top N          how many slowest operations, users and projects; default: 10
  --live TIME      listens to a broker for so long (10m), or until Ctrl-C, and says what was told meanwhile
  --count N        ends that after so many
${BROKER_USAGE}`;

const FORMATS: Readonly<Record<string, (report: Report) => string>> = {
  table: formatTable,
  json: (report) => JSON.stringify(report, undefined, 2),
  csv: formatCsv,
  html: formatHtml,
};

/** Runs `tidings report …`; resolves with the exit code. Throws a UsageError for wrong arguments. */
export async function reportCommand(args: readonly string[], say: Say): Promise<number> {
  const { files, live, format, options } = readArguments(args);
  const builder = new ReportBuilder(options);
  if (live !== undefined) {
    let number = 0;
    await liveNotifications(live.broker, live.forMs, live.most, (text) => {
      number += 1;
      builder.line(text, 'broker', number);
    });
  } else for (const file of files) await readFile(file, builder);
  say((FORMATS[format] as (report: Report) => string)(builder.report()));
  return 0;
}

async function readFile(file: string, builder: ReportBuilder): Promise<void> {
  const isStdin = file === '-';
  const source = isStdin ? 'stdin' : file;
  const size = isStdin ? undefined : (await stat(file)).size;
  const bar = new ProgressBar(source);
  let read = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      read += chunk.length;
      bar.update(read, size);
      done(undefined, chunk);
    },
  });
  const input = isStdin ? process.stdin : createReadStream(file, { highWaterMark: 1024 ** 2 });
  const stages: [NodeJS.ReadableStream, ...NodeJS.ReadWriteStream[]] = [input, counted];
  if (file.endsWith('.gz')) stages.push(createGunzip());
  // What goes wrong in any of them comes out of the last one.
  const chunks = pipeline(stages, () => {}) as unknown as AsyncIterable<Uint8Array>;
  try {
    await readLines(chunks, {
      line: (text, number) => builder.line(text, source, number),
      tooLong: (number) => builder.tooLong(source, number),
    });
  } catch (error) {
    throw new Error(`${source} cannot be read: ${errorText(error)}`, { cause: error });
  } finally {
    bar.end();
  }
}

const FLAGS = {
  ...BROKER_FLAGS,
  live: { type: 'string' },
  count: { type: 'string' },
  format: { type: 'string' },
  by: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  sla: { type: 'string', multiple: true },
  pair: { type: 'string', multiple: true },
  top: { type: 'string' },
} as const;

function readArguments(args: readonly string[]) {
  const { values, positionals } = parseFlags(args, FLAGS);
  const { live } = values;
  if (live !== undefined && positionals.length > 0) throw new UsageError('--live takes no files');
  if (live === undefined && positionals.length === 0 && process.stdin.isTTY)
    throw new UsageError('no log is named: use FILE, or - ');
  const { format = 'table', by, since, until, top, sla = [], pair = [] } = values;
  oneOf(...Object.keys(FORMATS))(format, '--format');
  return {
    files: positionals.length === 0 ? ['-'] : positionals,
    live:
      live === undefined
        ? undefined
        : {
            broker: brokerOptions(values),
            forMs: duration(1, 86_400_000)(live, '--live'),
            most: integer(1, 1e12)(values.count ?? 1e12, '--count'),
          },
    format,
    options: {
      by: by === undefined ? undefined : oneOf(...GROUPINGS)(by, '--by'),
      since: since === undefined ? undefined : moment(since, '--since'),
      until: until === undefined ? undefined : moment(until, '--until'),
      top: integer(0, 1_000)(top ?? 10, '--top'),
      objectives: sla,
      pairs: pair,
      plots: format === 'html' || format === 'json',
    },
  };
}

/** Milliseconds since 1970. */
function moment(text: string, setting: string): number {
  const time = /^\d{4}-/.test(text)
    ? readTimestamp(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
    : undefined;
  return time ?? Date.now() - duration(0, 100 * 365 * 86_400_000)(text, setting);
}
