/**
 * Text of a log for a terminal: control characters in it could move the cursor, clear the screen or forge a line, and
 * those that turn the direction of writing could make it look like other text.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** `12.3 ms`, `1.5 s`, `4.2 min`, `3.1 h`; empty for what is not known. */
export function shownDuration(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 1_000) return `${digits(ms)} ms`;
  if (ms < 120_000) return `${digits(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${digits(ms / 60_000)} min`;
  return `${digits(ms / 3_600_000)} h`;
}

/** `0.5%`; empty for none. */
export function shownRate(rate: number): string {
  if (rate === 0) return '';
  return rate < 0.001 ? '<0.1%' : `${(rate * 100).toFixed(1)}%`;
}

/** Three digits that say something. */
function digits(value: number): string {
  if (value >= 100 || value === 0) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
