import type { EndedRow, OperationRow } from './operations.js';
import { printable, shownDuration, shownRate } from './printable.js';
import type { EventRow, Report } from './report.js';
import type { UsageRow } from './usage.js';

type Cell = string | number;

/** The report for a person at a terminal. */
export function formatTable(report: Report): string {
  const { input, first, last, by } = report;
  const parts = [
    [
      first === undefined ? 'no notifications' : `${input.notifications} notifications from ${first} to ${last}`,
      ...(input.duplicates > 0 ? [`${input.duplicates} duplicates were left out (by message_id)`] : []),
      ...(input.outside > 0 ? [`${input.outside} were outside of the time asked for`] : []),
      ...(input.malformed > 0 ? [`${input.malformed} lines were malformed:`] : []),
      ...input.malformedLines.map(({ source, line, reason }) => `  ${printable(source)}:${line}: ${reason}`),
      ...(input.malformed > input.malformedLines.length ? ['  …'] : []),
      ...report.notes.map((note) => `note: ${note}`),
    ].join('\n'),
    section(
      ['EVENT TYPE', 'COUNT', 'PER MIN', 'ERRORS', ''],
      report.events.flatMap((row) => [eventCells(row), ...(row.groups ?? []).map(groupCells)]),
    ),
    section(
      [
        'OPERATION',
        'ENDED',
        'ERRORS',
        '',
        'MIN',
        'MEDIAN',
        'P95',
        'P99',
        'MAX',
        'OPEN',
        'ORPHANED',
        'AMBIGUOUS',
        'SKEWED',
      ],
      report.operations.flatMap((row) => [
        operationCells(row),
        ...(row.groups ?? []).map((group) => [
          `  ${printable(group.group)}`,
          ...endedCells(group),
          '',
          '',
          '',
          or(group.skewed),
        ]),
      ]),
    ),
    section(
      ['OBJECTIVE', 'OPERATION', 'CHECKED', 'VIOLATIONS', '', 'WORST'],
      report.objectives.map((row) => [
        row.objective,
        printable(row.operation),
        row.checked,
        row.violations,
        shownRate(row.violationRate),
        shownDuration(row.worstMs),
      ]),
      2,
    ),
    section(
      ['SLOWEST', 'DURATION', 'ENDED AT', 'OPERATION ID', 'REQUEST ID', 'USER', 'PROJECT', 'PUBLISHER'],
      report.slowest.map((row) => [
        printable(row.operation) + (row.isError ? ' (error)' : ''),
        shownDuration(row.durationMs),
        row.endedAt,
        ...[row.operationId, row.requestId, row.userId, row.projectId, row.publisherId].map((id) =>
          printable(id ?? ''),
        ),
      ]),
      8,
    ),
    section(['USER', 'COUNT', 'ERRORS', 'MOST OF ALL'], report.users.map(usageCells)),
    section(['PROJECT', 'COUNT', 'ERRORS', 'MOST OF ALL'], report.projects.map(usageCells)),
  ];
  if (by !== undefined) parts.splice(1, 0, `rows under a row are by ${by}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

function eventCells({ eventType, count, perMinute, errors, errorRate }: EventRow): Cell[] {
  return [printable(eventType), count, perMinute.toFixed(perMinute < 10 ? 2 : 0), or(errors), shownRate(errorRate)];
}

function groupCells({
  group,
  count,
  errors,
  errorRate,
}: {
  group: string;
  count: number;
  errors: number;
  errorRate: number;
}) {
  return [`  ${printable(group)}`, count, '', or(errors), shownRate(errorRate)];
}

function operationCells(row: OperationRow): Cell[] {
  const { open, orphaned, ambiguous, skewed, operation } = row;
  return [printable(operation), ...endedCells(row), or(open), or(orphaned), or(ambiguous), or(skewed)];
}

function endedCells({ ended, errors, errorRate, durations }: EndedRow): Cell[] {
  const times = [durations?.minMs, durations?.medianMs, durations?.p95Ms, durations?.p99Ms, durations?.maxMs];
  return [ended, or(errors), shownRate(errorRate), ...times.map(shownDuration)];
}

function usageCells({ id, count, errors, events }: UsageRow): Cell[] {
  const most = events.map(({ eventType, count: times }) => `${printable(eventType)} ${times}`);
  return [printable(id), count, or(errors), most.join(', ')];
}

/** Nothing in place of a zero: what matters is seen at once. */
function or(count: number): Cell {
  return count === 0 ? '' : count;
}

/** Text to the left, numbers and times to the right. `texts`: how many columns are text. Empty without rows. */
function section(head: readonly string[], rows: readonly (readonly Cell[])[], texts = 1): string {
  if (rows.length === 0) return '';
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number) => column < texts || head[column] === 'MOST OF ALL';
  return all
    .map((row) =>
      row
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
