import { resolve } from 'node:path';
import { Delivery } from '../../delivery/delivery.js';
import { Dispatcher } from '../../delivery/dispatch/dispatcher.js';
import { NO_JOURNAL } from '../../delivery/journal.js';
import { loadLevel } from '../../delivery/spool/level.js';
import { MAX_DRIVERS } from '../../delivery/spool/records.js';
import { Spool } from '../../delivery/spool/spool.js';
import { ConfigurationError } from '../../notification/errors.js';
import type { ThrottledReporter } from '../../notification/reporter.js';
import { Router } from '../../notifier/router.js';
import { wireFormatOf } from '../wire-formats.js';
import { Relay, type RelayContent } from './relay.js';
import type { RelayDrivers } from './relay-drivers.js';

export interface RelayOptions extends RelayContent {
  readonly drivers: RelayDrivers;
  /** Of drivers that do not say their own. Default: that of their kind. */
  readonly wireFormat?: string | undefined;
  /** The most notifications that wait; beyond, the oldest gives way or the newest. */
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** With a spool, how many of them are in memory too, and how much. */
  readonly residentMessages: number;
  readonly residentBytes: number;
  readonly overflow: 'drop-newest' | 'drop-oldest';
  /** How long delivery is tried, in milliseconds; `Infinity`: for ever. */
  readonly maxAgeMs: number;
  /** A directory for what is not delivered yet. Default: none. */
  readonly spoolDir?: string | undefined;
  readonly spoolMaxBytes: number;
  readonly reporter: ThrottledReporter;
}

const BACKOFF = { minMs: 200, maxMs: 10_000 };
const SPOOL_SCAN_MS = 10_000;

/** Opens nothing before it is started. Throws a ConfigurationError. */
export function createRelay(options: RelayOptions): Relay {
  const { drivers: chosen, wireFormat, reporter, queueMessages, queueBytes, overflow } = options;
  const { residentMessages, residentBytes, maxMessageBytes, maxAgeMs } = options;
  const { drivers, routing } = chosen;
  const withFormats = drivers.map((driver) => ({ driver, format: wireFormatOf(driver, wireFormat) }));
  const journal = createJournal(options);
  const limits = {
    oversized: 'drop' as const,
    queueMessages,
    queueBytes,
    residentMessages,
    residentBytes,
    overflow,
    maxMessageBytes,
    maxAgeMs,
    backoff: BACKOFF,
  };
  const dispatchers = withFormats.map(
    ({ driver, format }, index) => new Dispatcher(driver, format, limits, reporter, journal, index),
  );
  const delivery = new Delivery(dispatchers, 0, reporter, journal);
  const recipients = (names: ReadonlySet<string>) => delivery.recipients(names);
  return new Relay(delivery, routing && new Router({ ...routing, recipients }), options);
}

function createJournal({ spoolDir, spoolMaxBytes, drivers: { drivers }, reporter }: RelayOptions) {
  if (spoolDir === undefined) return NO_JOURNAL;
  if (drivers.length > MAX_DRIVERS) throw new ConfigurationError('spoolDir', `is for at most ${MAX_DRIVERS} drivers`);
  const options = {
    directory: resolve(spoolDir),
    maxBytes: spoolMaxBytes,
    scanMs: SPOOL_SCAN_MS,
    isEnabled: () => true,
  };
  return new Spool(loadLevel('spoolDir'), options, reporter);
}
