/** A moment as a record holds it; text without a zone is UTC, as in Glance's database. */
export type Moment = Date | string;

const NO_ZONE = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.\d+)?$/;

/** `2026-11-20T07:29:26Z`; what is no time stays as it is, for the rules to refuse. */
export function time(moment: Moment): string {
  const text = typeof moment === 'string' ? moment.replace(NO_ZONE, '$1T$2Z') : moment;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? String(moment) : `${date.toISOString().slice(0, 19)}Z`;
}

export function timeOrNull(moment: Moment | null | undefined): string | null {
  return moment === null || moment === undefined ? null : time(moment);
}

/** `2026-11-20 07:00:00`, as audit periods are written. */
export function auditTime(moment: Moment): string {
  return time(moment).replace('T', ' ').replace('Z', '');
}
