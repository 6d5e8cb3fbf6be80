import { RangeNotSatisfiableError } from '../errors.js';
import type { ByteRange } from '../store/data-store.js';

const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/;

/**
 * The part of `size` bytes that a Range header asks for (RFC 9110, section 14). Undefined for the whole: without the
 * header, and for what the RFC lets a server ignore, that is other units, several ranges, and nonsense.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = SINGLE_RANGE.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;

  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new RangeNotSatisfiableError(size);
  return { start, end };
}
