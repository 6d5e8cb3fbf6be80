import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Delivery } from '../delivery/delivery.js';
import { Dispatcher } from '../delivery/dispatch/dispatcher.js';
import type { Driver } from '../delivery/driver.js';
import { type Journal, NO_JOURNAL } from '../delivery/journal.js';
import { loadLevel } from '../delivery/spool/level.js';
import { MAX_DRIVERS } from '../delivery/spool/records.js';
import { Spool } from '../delivery/spool/spool.js';
import { shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { Redaction } from '../notification/redaction.js';
import { type Reporter, stderrReporter, ThrottledReporter } from '../notification/reporter.js';
import { ContextPicker } from '../notifier/context-picker.js';
import { DisabledFilter } from '../notifier/disabled-filter.js';
import { EventSwitch } from '../notifier/event-switch.js';
import { Notifier } from '../notifier/notifier.js';
import type { NotifierParts } from '../notifier/notifier-parts.js';
import { Router } from '../notifier/router.js';
import { Validation } from '../notifier/validation.js';
import { CapturedDelivery, capturingDriver, currentCapture } from './capture.js';
import { readCatalogs } from './catalogs.js';
import { DRIVER_CHOICE } from './driver-choice.js';
import { DRIVER_SETTINGS } from './driver-registry.js';
import { ENVIRONMENT_PREFIX, type Environment, unknownVariables } from './environment.js';
import { observeByOpenTelemetry } from './open-telemetry-metrics.js';
import type { NotificationOptions } from './options.js';
import { readDrivers } from './routing/read-drivers.js';
import { readSettings, SETTINGS, type Settings } from './settings.js';
import { wireFormatOf } from './wire-formats.js';

/** Deeper payloads than this are cut off by a marker. */
const MAX_DEPTH = 32;

const KNOWN_VARIABLES: ReadonlySet<string> = new Set([
  ...DRIVER_CHOICE.map(({ env }) => env),
  ...Object.values(SETTINGS).flatMap(({ env }) => env ?? []),
  ...DRIVER_SETTINGS.map(({ setting }) => setting.env),
]);

/**
 * A notifier of its own, beside the process-wide one: decorators do not use it. Options as for
 * `configureNotifications()`. Close it when it is no longer needed. Throws a ConfigurationError for bad settings.
 */
export function createNotifier(options: NotificationOptions = {}, environment: Environment = process.env): Notifier {
  const settings = readSettings(options, environment);
  const reporter = new ThrottledReporter(readReporter(options.reporter));
  const disabled = new DisabledFilter(settings.disabledNotifications);
  const redaction = new Redaction(settings.redact);
  const contextPicker = new ContextPicker(settings.contextKeys, redaction);
  const capture = currentCapture();
  const {
    drivers: named,
    routing,
    warnings,
  } = capture ? { drivers: [capturingDriver()], routing: undefined, warnings: [] } : readDrivers(options, environment);
  const drivers = named.filter((driver) => driver.discards !== true);
  const events = new EventSwitch(disabled);
  const validation = new Validation(
    { mode: settings.validation, strict: settings.strictCatalog, catalogs: readCatalogs(options.catalogs) },
    reporter,
  );
  const isSpooled = drivers.length > 0 && capture === undefined;
  const journal = isSpooled ? createJournal(options, settings, events, drivers.length, reporter) : NO_JOURNAL;
  const dispatchers = drivers.map((driver, index) => createDispatcher(driver, settings, reporter, journal, index));
  for (const entry of disabled.invalidEntries) {
    reporter.warn(`disabled:${entry}`, () => `disabled notifications: ${shown(entry)} can match no event type`);
  }
  for (const variable of unknownVariables(environment, KNOWN_VARIABLES)) {
    reporter.warn(`unknown:${variable}`, () => `${variable} is set, but it is not a setting and has no effect`);
  }
  for (const warning of warnings) reporter.warn(warning, () => warning);
  const delivery = capture
    ? new CapturedDelivery(capture, dispatchers, settings.exitTimeoutMs, reporter)
    : new Delivery(dispatchers, settings.exitTimeoutMs, reporter, journal);
  delivery.start();
  const recipients = (names: ReadonlySet<string>) => delivery.recipients(names);
  const notifier = new Notifier({
    delivery,
    mode: drivers.length > 0 ? 'delivers' : 'noop',
    events,
    router: routing && new Router({ ...routing, recipients }),
    redaction,
    contextPicker,
    validation,
    limits: { maxBytes: settings.maxMessageBytes, maxDepth: MAX_DEPTH },
    oversized: settings.oversized,
    publisherId: settings.publisherId ?? `${settings.service}.${hostname()}`,
    topics: settings.topics,
    reporter,
  });
  delivery.whenClosed(observeByOpenTelemetry(notifier));
  return notifier;
}

/** The notifier of a process whose settings are wrong: it counts what it is told as dropped `misconfigured`. */
export function createMisconfiguredNotifier(error: Error): Notifier {
  const reporter = new ThrottledReporter(stderrReporter);
  const redaction = new Redaction();
  const parts: NotifierParts = {
    delivery: new Delivery([], 0, reporter),
    mode: error,
    events: new EventSwitch(new DisabledFilter([])),
    router: undefined,
    redaction,
    contextPicker: new ContextPicker([], redaction),
    validation: new Validation({ mode: 'off', strict: false, catalogs: [] }, reporter),
    limits: { maxBytes: 0, maxDepth: 0 },
    oversized: 'drop',
    publisherId: '',
    topics: [],
    reporter,
  };
  return new Notifier(parts);
}

/** The package that the spool needs is loaded only where there is one. */
function createJournal(
  options: NotificationOptions,
  settings: Settings,
  events: EventSwitch,
  drivers: number,
  reporter: ThrottledReporter,
): Journal {
  const { spoolDir, spoolMaxBytes, spoolScanMs } = settings;
  if (spoolDir === undefined) return NO_JOURNAL;
  const setting = options.spoolDir === undefined ? `${ENVIRONMENT_PREFIX}SPOOL_DIR` : 'spoolDir';
  if (drivers > MAX_DRIVERS) throw new ConfigurationError(setting, `is for at most ${MAX_DRIVERS} drivers`);
  const isEnabled = (eventType: string) => events.state(eventType) === 'enabled';
  return new Spool(
    loadLevel(setting),
    { directory: resolve(spoolDir), maxBytes: spoolMaxBytes, scanMs: spoolScanMs, isEnabled },
    reporter,
  );
}

function createDispatcher(
  driver: Driver,
  settings: Settings,
  reporter: ThrottledReporter,
  journal: Journal,
  index: number,
): Dispatcher {
  const options = {
    queueMessages: settings.queueMessages,
    queueBytes: settings.queueBytes,
    overflow: settings.overflow,
    maxMessageBytes: settings.maxMessageBytes,
    oversized: settings.oversized,
    maxAgeMs: settings.maxAge,
    backoff: { minMs: settings.retryMinMs, maxMs: Math.max(settings.retryMinMs, settings.retryMaxMs) },
  };
  return new Dispatcher(driver, wireFormatOf(driver, settings.wireFormat), options, reporter, journal, index);
}

function readReporter(reporter: Reporter | undefined): Reporter {
  if (reporter === undefined) return stderrReporter;
  if (typeof reporter?.warn === 'function' && typeof reporter.info === 'function') return reporter;
  throw new ConfigurationError('reporter', 'is no reporter; it takes an object with the functions warn and info');
}
