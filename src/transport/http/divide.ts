/** What became of a part of a batch. */
export interface Sent<R> {
  /** One for each item of the part, in their order. */
  readonly results: readonly R[];
  /** True when a smaller part may fare better. */
  readonly isDivisible: boolean;
}

/**
 * Sends a batch, and halves of it where the whole is not taken for what is in it, so that in the end only what is bad is
 * refused. The parts are sent one after another. Resolves with one result per item, in their order.
 */
export async function sendDividing<T, R>(
  items: readonly T[],
  send: (part: readonly T[]) => Promise<Sent<R>>,
): Promise<readonly R[]> {
  const { results, isDivisible } = await send(items);
  if (!isDivisible || items.length < 2) return results;
  const middle = Math.ceil(items.length / 2);
  const first = await sendDividing(items.slice(0, middle), send);
  return [...first, ...(await sendDividing(items.slice(middle), send))];
}

/** Cuts a list into parts in its order, none of more than `maxItems` items nor, but for a single one, over `maxSize`. */
export function inParts<T>(
  items: readonly T[],
  limits: { readonly maxItems: number; readonly maxSize: number },
  sizeOf: (item: T) => number,
): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let size = 0;
  for (const item of items) {
    const more = sizeOf(item);
    if (part.length > 0 && (part.length === limits.maxItems || size + more > limits.maxSize)) {
      parts.push(part);
      part = [];
      size = 0;
    }
    part.push(item);
    size += more;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
