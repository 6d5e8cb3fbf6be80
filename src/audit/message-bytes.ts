/** Room for what surrounds a payload: the six attributes, the context, what a wire format puts around them. */
export const ENVELOPE_BYTES = 8_192;

/**
 * The most bytes that a piece of JSON takes in a message, whatever the wire format. That of oslo writes JSON inside of
 * JSON and ASCII only, so that a quote takes two bytes and a character outside of ASCII seven. The notifier's estimate
 * of a payload counts up to twelve bytes for each field beside its text, which short fields do not have.
 */
export function messageBytes(json: string): number {
  let bytes = json.length;
  let commas = 0;
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    if (code === 0x22 || code === 0x5c) bytes += 1;
    else if (code > 0x7f) bytes += 6;
    else if (code === 0x2c || code === 0x5b || code === 0x7b) commas += 1;
  }
  return bytes + commas * 12;
}
