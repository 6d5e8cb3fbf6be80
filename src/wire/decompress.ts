import { unzipSync } from 'node:zlib';
import { kindOf, Malformed } from './fields.js';

/** What kombu, below oslo.messaging, and others call the compressions that Node can undo. kombu's gzip is zlib. */
const KNOWN = /^(?:application\/(?:x-)?(?:gzip|zlib|deflate)|gzip|x-gzip|zlib|deflate)$/i;

/** The body as it was before the sender compressed it, as the header `compression` says. */
export function decompress(body: Uint8Array, compression: unknown, maxBytes: number): Uint8Array | Malformed {
  if (typeof compression !== 'string') return new Malformed(`the header compression is ${kindOf(compression)}`);
  if (!KNOWN.test(compression)) {
    const name = JSON.stringify(compression.slice(0, 40));
    return new Malformed(`compressed by ${name}; application/x-gzip (zlib or gzip) can be read`);
  }
  try {
    // zlib and gzip, by their first bytes.
    return unzipSync(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      return new Malformed(`over ${maxBytes} bytes when decompressed`);
    }
    return new Malformed(`the header says ${compression}, but the body is neither zlib nor gzip, or damaged`);
  }
}
