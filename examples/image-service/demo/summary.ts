import type { Notification, Notifier } from 'tidings';

/** Which event type ends what another began. Two halves belong together when they have the same `operation_id`. */
const BEGINNING_OF: Readonly<Record<string, string>> = {
  'image.upload': 'image.prepare',
  'task.run.end': 'task.run.start',
  'task.run.error': 'task.run.start',
};

/** The table: event type, count, errors, median and maximal duration of the pairs. */
export function eventTable(notifications: readonly Notification[]): string {
  const rows = [...new Set(notifications.map(({ eventType }) => eventType))].sort().map((eventType) => {
    const told = notifications.filter((notification) => notification.eventType === eventType);
    const errors = told.filter(({ priority }) => priority === 'ERROR' || priority === 'CRITICAL');
    const durations = pairDurations(told, notifications);
    return [eventType, `${told.length}`, `${errors.length}`, ms(median(durations)), ms(durations.at(-1))];
  });
  return columns([['event type', 'count', 'errors', 'median', 'max'], ...rows]);
}

/** How long what ends with `ends` took; ascending. */
function pairDurations(ends: readonly Notification[], all: readonly Notification[]): number[] {
  return ends
    .filter(({ eventType, context }) =>
      all.some((begin) => {
        return begin.eventType === BEGINNING_OF[eventType] && begin.context.operation_id === context.operation_id;
      }),
    )
    .flatMap(({ context }) => context.duration_ms ?? [])
    .sort((a, b) => a - b);
}

export function requestLine(answerTimes: readonly number[]): string {
  const times = [...answerTimes].sort((a, b) => a - b);
  return `${times.length} HTTP requests, answered within ${ms(median(times))} (median), ${ms(times.at(-1))} (max)`;
}

/** For every driver: what it was given, and what became of that. */
export function accountLines(stats: ReturnType<Notifier['stats']>): string[] {
  return Object.entries(stats.drivers).map(([name, { accepted, delivered, dropped }]) => {
    const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
    return `driver ${name}: accepted ${accepted}, delivered ${delivered}, dropped ${reasons.join(', ') || 0}`;
  });
}

function median(ascending: readonly number[]): number | undefined {
  const middle = ascending.length / 2;
  const upper = ascending[Math.floor(middle)];
  if (upper === undefined || !Number.isInteger(middle)) return upper;
  return ((ascending[middle - 1] ?? upper) + upper) / 2;
}

function ms(duration: number | undefined): string {
  return duration === undefined ? '' : `${duration.toFixed(1)} ms`;
}

/** The first column to the left, numbers to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
