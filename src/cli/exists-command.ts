import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { auditPeriod } from '../audit/audit-period.js';
import { emitDueExists } from '../audit/due-exists.js';
import { type ExistsReport, emitExists } from '../audit/emit-exists.js';
import type { ExistsDefinition, ExistsProgress } from '../audit/exists-options.js';
import { postgresPeriodStore } from '../audit/postgres-period-store.js';
import { readTime } from '../audit/utc-text.js';
import { configureNotifications, currentNotifier } from '../setup/current-notifier.js';
import type { Say } from './command.js';
import { parseFlags } from './parse-flags.js';
import { ProgressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

export const EXISTS_USAGE = `Usage: tidings exists --module FILE --period SPEC [--at TIME] [--dry-run] [--json]
       tidings exists --module FILE --period SPEC --store STORE [--catch-up all|NUMBER] [--json]

Tells what existed in the last completed period, one notification per owner, by the drivers of the environment.

  --module    a JavaScript module whose default export is what emitExists() takes but for the period, an array of
              that, or a function that gives either
  --period    hour, day, month or year, with @ and an offset if need be: day@18
  --at        computes the period as of that time (2024-03-15T10:30:05Z) in place of now
  --dry-run   tells nothing, and says what would be told
  --store     where it is kept what was told, so that each period is told once: a directory, or postgres://…
  --catch-up  also the periods that were missed since then, or the latest of them
  --json      one JSON object for each period`;

/** What a module gives: all but what the command line says. */
type Definition = ExistsDefinition<unknown>;

/** Runs `tidings exists …`; resolves with the exit code: 1 where not everything was delivered. */
export async function existsCommand(args: readonly string[], say: Say): Promise<number> {
  const { module, period, at, store, catchUp, dryRun, json } = readArguments(args);
  // Before the module, whose own settings win: wrong ones are told here.
  if (!dryRun) configureNotifications();
  const definitions = await definitionsIn(module);
  const openStore = store?.startsWith('postgres') ? postgresPeriodStore({ url: store }) : store;
  let isComplete = true;
  try {
    for (const definition of definitions) {
      const bar = new ProgressBar(definition.eventType);
      const onProgress = ({ phase, done, total }: ExistsProgress) => bar.update(done, total, phase);
      const options = { ...definition, onProgress };
      let reports: readonly ExistsReport[];
      try {
        if (openStore === undefined) {
          reports = [await emitExists({ ...options, period: auditPeriod(period, at, endOf(definition)), dryRun })];
        } else {
          const due = await emitDueExists({ ...options, period, store: openStore, catchUp });
          if (due.isBusy) throw new Error(`another process tells ${definition.eventType} of ${period} just now`);
          reports = due.reports;
        }
      } finally {
        bar.end();
      }
      if (reports.length === 0 && !json) say(`${definition.eventType} of ${period} was told before`);
      for (const report of reports) {
        say(json ? JSON.stringify(report) : described(report));
        for (const { index, why } of report.badExamples) console.error(`resource ${index} is left out: ${why}`);
        if (report.outcome === 'partly') isComplete = false;
      }
    }
  } finally {
    if (typeof openStore === 'object') await openStore.close?.();
    if (!dryRun) await currentNotifier().close();
  }
  return isComplete ? 0 : 1;
}

function endOf({ end }: Definition) {
  return end === undefined ? {} : { end };
}

async function definitionsIn(path: string): Promise<readonly Definition[]> {
  const { default: exported } = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  // A CommonJS module that was compiled from an ES module has its default one level deeper.
  const own = (exported as { default?: unknown } | undefined)?.default ?? exported;
  const given = typeof own === 'function' ? await own() : own;
  const definitions = Array.isArray(given) ? given : [given];
  if (definitions.length > 0 && definitions.every((entry) => typeof entry === 'object' && entry !== null)) {
    return definitions;
  }
  throw new UsageError(`${path} has no default export that emitExists() would take`);
}

function described({ eventType, period, outcome, messages, owners, resources, outside, bad, lost }: ExistsReport) {
  const { audit_period_beginning: from, audit_period_ending: to } = period.fields;
  const what = `${eventType}, ${from} to ${to} UTC`;
  if (outcome === 'disabled') return `${what}: turned off, or no driver that delivers is configured (TIDINGS_DRIVERS)`;
  const verb = outcome === 'dry-run' ? 'would tell' : 'told';
  const counts = `${messages} messages for ${owners} owners, ${resources} resources (${outside} not of this period, ${bad} bad)`;
  const failures = Object.entries(lost).map(([why, count]) => `; not delivered: ${count} × ${why}`);
  return `${what}: ${verb} ${counts}${failures.join('')}`;
}

const FLAGS = {
  module: { type: 'string' },
  period: { type: 'string' },
  at: { type: 'string' },
  store: { type: 'string' },
  'catch-up': { type: 'string' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

function readArguments(args: readonly string[]) {
  const { values } = parseFlags(args, FLAGS, false);
  const { module, period, store, at, 'catch-up': catchUp, 'dry-run': dryRun = false, json = false } = values;
  if (module === undefined) throw new UsageError('no module is named: use --module FILE');
  if (period === undefined) throw new UsageError('no period is named: use --period SPEC');
  if (store !== undefined && (dryRun || at !== undefined)) {
    throw new UsageError('--store keeps what was told; it does not go with --dry-run and --at');
  }
  if (store === undefined && catchUp !== undefined) throw new UsageError('--catch-up needs --store');
  const time = at === undefined ? Date.now() : readTime(at);
  if (time === undefined) throw new UsageError(`--at is ${JSON.stringify(at)}; it takes a time: 2024-03-15T10:30:05Z`);
  if (catchUp !== undefined && catchUp !== 'all' && !/^\d+$/.test(catchUp)) {
    throw new UsageError(`--catch-up is ${JSON.stringify(catchUp)}; it takes all or a number`);
  }
  const missed = catchUp === 'all' ? true : Number(catchUp ?? 0);
  return { module, period, store, at: new Date(time), catchUp: missed, dryRun, json };
}
