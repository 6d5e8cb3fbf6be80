let lastMoment = Number.NaN;
let lastText = '';

/** The time in UTC, ISO 8601 with milliseconds. Written down once per millisecond: that costs more than a look at it. */
export function utcNow(): string {
  const moment = Date.now();
  if (moment !== lastMoment) {
    lastText = new Date(moment).toISOString();
    lastMoment = moment;
  }
  return lastText;
}
