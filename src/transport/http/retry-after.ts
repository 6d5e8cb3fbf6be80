const SECONDS = /^\d{1,10}$/;

/**
 * What a header `Retry-After` asks for, in milliseconds from now, not less than 0: seconds, or an HTTP date (RFC 9110,
 * section 10.2.3). A date is compared with the header `Date` of the same answer where there is one: clocks differ.
 * Undefined for a header that is neither.
 */
export function retryAfterMs(header: string | undefined, date: string | undefined): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (SECONDS.test(text)) return Number(text) * 1_000;
  const moment = httpDate(text);
  if (moment === undefined) return undefined;
  return Math.max(0, moment - (httpDate(date) ?? Date.now()));
}

/** All three forms of RFC 9110 begin with the name of a day; `Date.parse` alone takes nearly anything. */
function httpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  // asctime's form names no time zone, and means UTC.
  const moment = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(moment) ? undefined : moment;
}
