/** The time as Glance writes it: `2026-11-20T07:29:26Z`. */
export function timestamp(date = new Date()): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
