import type { ObjectiveRow } from './objectives.js';
import type { OperationRow } from './operations.js';
import type { SlowOperation } from './slowest.js';
import type { Series } from './time-series.js';
import type { Timeline } from './timelines.js';
import type { UsageRow } from './usage.js';

export const GROUPINGS = ['publisher', 'project', 'user'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** How often an event type was told. */
export interface EventRow {
  readonly eventType: string;
  readonly count: number;
  /** Over the time between the first and the last notification of the report. */
  readonly perMinute: number;
  /** Those at ERROR or CRITICAL. */
  readonly errors: number;
  /** From 0 to 1. */
  readonly errorRate: number;
  readonly groups?: readonly GroupRow[];
}

export interface GroupRow {
  readonly group: string;
  readonly count: number;
  readonly errors: number;
  readonly errorRate: number;
}

/** A line that is no notification. */
export interface BadLine {
  readonly source: string;
  /** From 1. */
  readonly line: number;
  /** Nothing of the line is in it. */
  readonly reason: string;
}

/** What was read, and what became of it. `lines` is the sum of the others. */
export interface InputCounts {
  /** Lines that are not empty, or messages. */
  readonly lines: number;
  /** Those that the report is of. */
  readonly notifications: number;
  /** Those that were read before: they have the same message id. */
  readonly duplicates: number;
  /** Those before `since` or after `until`. */
  readonly outside: number;
  readonly malformed: number;
  /** The first few of these. */
  readonly malformedLines: readonly BadLine[];
}

/** What notifications tell of a service, and of those who use it. */
export interface Report {
  readonly input: InputCounts;
  /** ISO 8601, UTC; undefined without any notification. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly by: Grouping | undefined;
  readonly events: readonly EventRow[];
  readonly operations: readonly OperationRow[];
  readonly objectives: readonly ObjectiveRow[];
  readonly users: readonly UsageRow[];
  readonly projects: readonly UsageRow[];
  readonly slowest: readonly SlowOperation[];
  /** What is not exact, since memory is bounded; one line each. Empty for most reports. */
  readonly notes: readonly string[];
  /** What happened over time; only where plots are asked for. */
  readonly plots?: ReportPlots;
}

export interface ReportPlots {
  readonly events: Series;
  /** The operations with the most durations. */
  readonly operations: readonly { readonly operation: string; readonly series: Series }[];
  readonly timelines: readonly Timeline[];
}
