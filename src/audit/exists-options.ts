import { bytes, integer, knownKeys, oneOf, shown, text } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { EVENT_TYPE_RULE, isEventType } from '../notification/event-type.js';
import type { Priority } from '../notification/priority.js';
import { PRIORITIES } from '../notification/priority.js';
import type { currentNotifier } from '../setup/current-notifier.js';
import { type AuditPeriod, type AuditPeriodOptions, PeriodRule } from './audit-period.js';
import { readTime } from './utc-text.js';

export type Notifier = ReturnType<typeof currentNotifier>;

/** When a resource was there: from `createdAt` on, up to `deletedAt`, or until now where that is missing. */
export interface Lifetime {
  /** A Date, milliseconds since 1970, or ISO 8601 text; text without a zone is UTC. */
  readonly createdAt: Date | number | string;
  readonly deletedAt?: Date | number | string | null | undefined;
}

/** All resources that there are, in any order: those that did not exist in the period are left out. */
export type ExistsSource<R> =
  | AsyncIterable<R>
  | Iterable<R>
  | ((period: AuditPeriod, signal: AbortSignal) => AsyncIterable<R> | Iterable<R>);

/** What a service tells of the resources that it has. */
export interface ExistsDefinition<R> {
  /** For instance `image.exists`. */
  readonly eventType: string;
  /**
   * Where the resources come from. Its order does not matter. A function is asked for each period anew, which a
   * schedule needs.
   */
  readonly source: ExistsSource<R>;
  /** To whom a resource belongs: there is one message for each owner. Null (or undefined) is nobody. */
  readonly groupBy: (resource: R) => string | number | null | undefined;
  /** What is told of one resource. Default: all of it. */
  readonly describe?: (resource: R) => unknown;
  /** When it was there. Default: its `created_at` and `deleted_at`. */
  readonly lifetime?: (resource: R) => Lifetime;
  /** The payload's key of the owner. Default: `owner`. */
  readonly ownerKey?: string;
  /** The payload's key of the list of resources, for instance `images`. Default: `resources`. */
  readonly listKey?: string;
  /** Default: `INFO`. */
  readonly priority?: Priority;
  /** `inclusive` for StackTach's end of a period. Default: `exclusive`. */
  readonly end?: AuditPeriodOptions['end'];
}

export interface EmitExistsOptions<R> extends ExistsDefinition<R> {
  /** A period, or a spec such as `day@18`, which means the last one that has completed. */
  readonly period: string | AuditPeriod;
  /** Default: the process's current notifier. */
  readonly notifier?: Notifier;
  /** What is kept in memory before it goes to a temporary file: bytes, or `'32MiB'`. Default: 32 MiB. */
  readonly memoryBytes?: number | string;
  /** Where temporary files are made, which only this user can read. Default: that of the system. */
  readonly temporaryDirectory?: string;
  /** True tells nothing, and reports what would be told. */
  readonly dryRun?: boolean;
  /** How many resources the source has, about, for `onProgress`. */
  readonly total?: number;
  /** Told now and then, and at the end: how many resources were read, or messages told. It must not throw. */
  readonly onProgress?: (progress: ExistsProgress) => void;
  /** Stops: what is not told yet is not told. */
  readonly signal?: AbortSignal;
}

export interface ExistsProgress {
  readonly phase: 'reading' | 'telling';
  readonly done: number;
  /** Undefined where it is not known. */
  readonly total: number | undefined;
}

/** A definition that was checked, with its defaults. */
export interface Definition {
  readonly eventType: string;
  readonly source: ExistsSource<unknown>;
  readonly groupBy: (resource: unknown) => unknown;
  readonly describe: (resource: unknown) => unknown;
  readonly lifetime: (resource: unknown) => Lifetime;
  readonly ownerKey: string;
  readonly listKey: string;
  readonly priority: Priority;
  readonly end: 'exclusive' | 'inclusive';
}

/** The keys of a definition, for those who check options around one. */
export const DEFINITION_KEYS: readonly (keyof Definition)[] = [
  'eventType',
  'source',
  'groupBy',
  'describe',
  'lifetime',
  'ownerKey',
  'listKey',
  'priority',
  'end',
];

const EMIT_KEYS: readonly (keyof EmitExistsOptions<unknown>)[] = [
  'period',
  'notifier',
  'memoryBytes',
  'temporaryDirectory',
  'dryRun',
  'total',
  'onProgress',
  'signal',
];

/** @throws ConfigurationError that names the option. */
export function checkDefinition<R>(options: ExistsDefinition<R>): Definition {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigurationError('exists', `is ${shown(options)}; it takes { eventType, source, groupBy, … }`);
  }
  const { eventType, source } = options;
  if (!isEventType(eventType)) {
    throw new ConfigurationError('eventType', `is ${shown(eventType)}; it takes ${EVENT_TYPE_RULE}`);
  }
  if (typeof source !== 'function' && !isIterable(source)) {
    throw new ConfigurationError('source', `is ${shown(source)}; it takes an iterable, or a function that gives one`);
  }
  const definition = {
    eventType,
    source,
    groupBy: functionOf(options.groupBy, 'groupBy'),
    describe: functionOf(options.describe ?? itself, 'describe'),
    lifetime: functionOf(options.lifetime ?? timestamps, 'lifetime'),
    ownerKey: text()(options.ownerKey ?? 'owner', 'ownerKey'),
    listKey: text()(options.listKey ?? 'resources', 'listKey'),
    priority: oneOf(...PRIORITIES)(options.priority ?? 'INFO', 'priority'),
    end: oneOf('exclusive', 'inclusive')(options.end ?? 'exclusive', 'end'),
  };
  const keys = [definition.ownerKey, definition.listKey, 'audit_period_beginning', 'audit_period_ending'];
  if (new Set(keys).size < keys.length) {
    throw new ConfigurationError('listKey', `and ownerKey are ${keys.slice(0, 2).join(' and ')}; all keys differ`);
  }
  return definition as unknown as Definition;
}

/** The options of `emitExists` beside the definition, checked. `now` decides which period is the last. */
export function checkEmitOptions<R>(options: EmitExistsOptions<R>, now: Date) {
  knownKeys(options, [...DEFINITION_KEYS, ...EMIT_KEYS], '');
  const { period, onProgress, total, temporaryDirectory } = options;
  const end = options.end ?? 'exclusive';
  return {
    period: typeof period === 'string' ? lastPeriod(period, now, end) : checkPeriod(period),
    memoryBytes: bytes(1024, 2 ** 40)(options.memoryBytes ?? '32MiB', 'memoryBytes'),
    temporaryDirectory: temporaryDirectory === undefined ? undefined : text()(temporaryDirectory, 'temporaryDirectory'),
    dryRun: options.dryRun === true,
    total: total === undefined ? undefined : integer(0, Number.MAX_SAFE_INTEGER)(total, 'total'),
    onProgress: onProgress === undefined ? undefined : functionOf(onProgress, 'onProgress'),
    signal: options.signal,
  };
}

function lastPeriod(spec: string, now: Date, end: 'exclusive' | 'inclusive'): AuditPeriod {
  const rule = PeriodRule.parse(spec, 'period');
  return rule.period(rule.lastBoundary(now.getTime()), end);
}

function checkPeriod(period: AuditPeriod): AuditPeriod {
  const [begin, end] = [readTime(period?.begin), readTime(period?.end)];
  if (begin !== undefined && end !== undefined && begin < end && typeof period.fields === 'object') return period;
  throw new ConfigurationError('period', `is ${shown(period)}; it takes a spec such as day@18, or an auditPeriod()`);
}

function itself(resource: unknown): unknown {
  return resource;
}

function timestamps(resource: unknown): Lifetime {
  const { created_at, deleted_at } = resource as { created_at: Date; deleted_at?: Date };
  return { createdAt: created_at, deletedAt: deleted_at };
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

function functionOf<T>(value: T, setting: string): T {
  if (typeof value === 'function') return value;
  throw new ConfigurationError(setting, `is ${shown(value)}; it takes a function`);
}
