/** `2024-03-15 10:00:00`, in UTC and without fractions, as OpenStack's payloads have times. */
export function utcText(date: Date): string {
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '');
}

const WITHOUT_ZONE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?$/;

/**
 * A time as records have it, in milliseconds since 1970: a Date, milliseconds, or ISO 8601 text. Text without a zone is
 * UTC, as Python's `str(datetime.utcnow())` means it. Undefined for what is no time.
 */
export function readTime(value: unknown): number | undefined {
  let time: number;
  if (value instanceof Date) time = value.getTime();
  else if (typeof value === 'number') time = value;
  else if (typeof value === 'string') {
    const [, date, clock] = WITHOUT_ZONE.exec(value) ?? [];
    time = Date.parse(date === undefined ? value : `${date}T${clock ?? '00:00:00'}Z`);
  } else return undefined;
  return Number.isFinite(time) ? time : undefined;
}
