import type { EndedRow } from './operations.js';
import type { Report } from './report.js';

const COLUMNS = [
  'kind',
  'name',
  'group',
  'count',
  'per_minute',
  'errors',
  'error_rate',
  'timed',
  'min_ms',
  'median_ms',
  'p95_ms',
  'p99_ms',
  'max_ms',
  'open',
  'orphaned',
  'ambiguous',
  'skewed',
  'limit_ms',
  'violations',
  'id',
  'at',
] as const;

type Column = (typeof COLUMNS)[number];
type Row = Partial<Record<Column, string | number | undefined>>;

/**
 * One table for a spreadsheet (RFC 4180), whose `kind` says what a row is: `event`, `operation`, `objective`, `user`,
 * `project` or `slow`. What a spreadsheet would take for a formula has an apostrophe in front.
 */
export function formatCsv(report: Report): string {
  const rows: Row[] = [
    ...report.events.flatMap(({ eventType: name, groups = [], ...row }) => [
      { kind: 'event', name, ...counts(row), per_minute: row.perMinute },
      ...groups.map((group) => ({ kind: 'event', name, group: group.group, ...counts(group) })),
    ]),
    ...report.operations.flatMap(({ operation: name, groups = [], ...row }) => [
      { kind: 'operation', name, ...ended(row), open: row.open, orphaned: row.orphaned, ambiguous: row.ambiguous },
      ...groups.map((group) => ({ kind: 'operation', name, group: group.group, ...ended(group) })),
    ]),
    ...report.objectives.map(({ operation, objective, limitMs, checked, violations, worstMs }) => {
      return {
        kind: 'objective',
        name: operation,
        id: objective,
        limit_ms: limitMs,
        timed: checked,
        violations,
        max_ms: worstMs,
      };
    }),
    ...report.users.map(({ id: name, count, errors }) => ({ kind: 'user', name, count, errors })),
    ...report.projects.map(({ id: name, count, errors }) => ({ kind: 'project', name, count, errors })),
    ...report.slowest.map(({ operation, durationMs, operationId, requestId, endedAt, publisherId }) => {
      return {
        kind: 'slow',
        name: operation,
        group: publisherId,
        max_ms: durationMs,
        id: operationId ?? requestId,
        at: endedAt,
      };
    }),
  ];
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(','));
  return [COLUMNS.join(','), ...lines].join('\r\n');
}

function counts({ count, errors, errorRate }: { count: number; errors: number; errorRate: number }): Row {
  return { count, errors, error_rate: errorRate };
}

function ended({ ended: count, errors, errorRate, skewed, durations }: EndedRow): Row {
  return {
    ...counts({ count, errors, errorRate }),
    skewed,
    timed: durations?.count ?? 0,
    min_ms: durations?.minMs,
    median_ms: durations?.medianMs,
    p95_ms: durations?.p95Ms,
    p99_ms: durations?.p99Ms,
    max_ms: durations?.maxMs,
  };
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
