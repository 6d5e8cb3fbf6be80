const DIGIT_0 = 48;

let day = '';
let dayMs = 0;

/**
 * Milliseconds since 1970 of a notification's timestamp, with its microseconds as a fraction; undefined for what is no
 * time. Without a zone it is UTC. By hand, since a report reads millions, nearly all of the same day.
 */
export function readTimestamp(text: string): number | undefined {
  const length = text.length;
  if (length < 19 || length > 27 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return slowly(text);
  const separator = text.charCodeAt(10);
  if (separator !== 84 && separator !== 32) return slowly(text);
  if (day === '' || !text.startsWith(day)) {
    const date = text.slice(0, 10);
    const parsed = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
    if (Number.isNaN(parsed)) return slowly(text);
    day = date;
    dayMs = parsed;
  }
  const seconds = pair(text, 11) * 3_600 + pair(text, 14) * 60 + pair(text, 17);
  const isZulu = text.charCodeAt(length - 1) === 90;
  const end = isZulu ? length - 1 : length;
  let fraction = 0;
  if (end > 19) {
    if (text.charCodeAt(19) !== 46) return slowly(text);
    let scale = 100;
    for (let index = 20; index < end; index += 1) {
      const digit = text.charCodeAt(index) - DIGIT_0;
      if (digit < 0 || digit > 9) return slowly(text);
      fraction += digit * scale;
      scale /= 10;
    }
  }
  const time = dayMs + seconds * 1_000 + Math.round(fraction * 1_000) / 1_000;
  // Letters where digits should be, or the 25th hour.
  if (!(seconds >= 0 && seconds < 86_400)) return slowly(text);
  return time;
}

/** Two digits; not a number for anything else. */
function pair(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - DIGIT_0, text.charCodeAt(at + 1) - DIGIT_0];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

function slowly(text: string): number | undefined {
  const time = Date.parse(WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  return Number.isNaN(time) ? undefined : time;
}
