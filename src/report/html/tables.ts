import type { OperationRow } from '../operations.js';
import { shownDuration, shownRate } from '../printable.js';
import type { Report } from '../report.js';
import type { UsageRow } from '../usage.js';
import { type Content, type Markup, markup } from './markup.js';

/** More rows would make a page that no browser likes; the other formats have all of them. */
const MOST_ROWS = 500;

export function eventsTable({ events }: Report): Markup {
  return table(
    'Events by their type',
    ['Event type', 'Count', 'Per minute', 'Errors', 'Error rate'],
    events.flatMap(({ eventType, count, perMinute, errors, errorRate, groups = [] }) => [
      [eventType, count, perMinute, or(errors), shownRate(errorRate)],
      ...groups.map((group) => [under(group.group), group.count, '', or(group.errors), shownRate(group.errorRate)]),
    ]),
  );
}

export function operationsTable({ operations }: Report): Markup {
  const head = [
    'Operation',
    'Ended',
    'Errors',
    'Minimum',
    'Median',
    '95 %',
    '99 %',
    'Maximum',
    'Open',
    'Orphaned',
    'Ambiguous',
    'Skewed',
  ];
  return table(
    'Operations',
    head,
    operations.flatMap(({ groups = [], ...row }) => [
      [row.operation, ...ended(row), or(row.open), or(row.orphaned), or(row.ambiguous), or(row.skewed)],
      ...groups.map((group) => [under(group.group), ...ended(group), '', '', '', or(group.skewed)]),
    ]),
  );
}

export function objectivesTable({ objectives }: Report): Markup {
  return table(
    'Objectives',
    ['Objective', 'Operation', 'Checked', 'Violations', 'Rate', 'Worst'],
    objectives.map((row) => [
      row.objective,
      row.operation,
      row.checked,
      or(row.violations),
      shownRate(row.violationRate),
      shownDuration(row.worstMs),
    ]),
    2,
  );
}

export function slowestTable({ slowest }: Report): Markup {
  return table(
    'The slowest operations',
    ['Operation', 'Duration', 'Ended at', 'Operation id', 'Request id', 'User', 'Project', 'Publisher'],
    slowest.map((row) => [
      row.isError ? markup`${row.operation} <span class="failed">failed</span>` : row.operation,
      shownDuration(row.durationMs),
      ...[row.endedAt, row.operationId, row.requestId, row.userId, row.projectId, row.publisherId],
    ]),
    8,
  );
}

export function usageTable(caption: string, who: string, rows: readonly UsageRow[]): Markup {
  return table(
    caption,
    [who, 'Events', 'Errors', 'Most of all'],
    rows.map(({ id, count, errors, events }) => [
      id,
      count,
      or(errors),
      events.map(({ eventType, count: times }) => `${eventType} ${times}`).join(', '),
    ]),
  );
}

export function badLinesTable({ input }: Report): Markup {
  return table(
    'The first lines that are no notifications',
    ['Where', 'Why'],
    input.malformedLines.map(({ source, line, reason }) => [`${source}:${line}`, reason]),
    2,
  );
}

function ended({ ended: count, errors, durations }: Pick<OperationRow, 'ended' | 'errors' | 'durations'>): Content[] {
  const times = [durations?.minMs, durations?.medianMs, durations?.p95Ms, durations?.p99Ms, durations?.maxMs];
  return [count, or(errors), ...times.map(shownDuration)];
}

function under(group: string): Markup {
  return markup`<span class="under">${group}</span>`;
}

function or(count: number): Content {
  return count === 0 ? '' : count;
}

/** `texts`: how many columns, from the first, are text. Nothing without rows. */
function table(caption: string, head: readonly string[], rows: readonly (readonly Content[])[], texts = 1): Markup {
  if (rows.length === 0) return markup``;
  const kind = (column: number) => (column < texts || head[column] === 'Most of all' ? 'text' : 'number');
  const body = rows.slice(0, MOST_ROWS).map((row) => {
    const cells = row.map((cell, column) =>
      column === 0
        ? markup`<th scope="row">${cell}</th>`
        : markup`<td class="${kind(column)}">${typeof cell === 'number' ? cell.toLocaleString('en') : cell}</td>`,
    );
    return markup`<tr>${cells}</tr>`;
  });
  const left = rows.length - body.length;
  const more = left > 0 ? markup`<p>${left} more rows are in the other formats.</p>` : undefined;
  const heads = head.map((name, column) => markup`<th scope="col" class="${kind(column)}">${name}</th>`);
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>${more}`;
}
