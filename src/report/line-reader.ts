import { StringDecoder } from 'node:string_decoder';

/** A longer line is no notification, in characters. */
const MAX_LINE_LENGTH = 16 * 1024 ** 2;

export interface LineSink {
  line(text: string, number: number): void;
  /** A line that is longer than any notification; it is not kept. */
  tooLong(number: number): void;
}

/** Gives the lines of a stream to a sink, numbered from 1. The memory that it needs does not depend on the input. */
export async function readLines(chunks: AsyncIterable<Uint8Array | string>, sink: LineSink): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 1;
  let isTooLong = false;
  const end = (text: string) => {
    if (isTooLong || text.length > MAX_LINE_LENGTH) sink.tooLong(number);
    else if (text !== '' && text !== '\r') sink.line(text, number);
    isTooLong = false;
    number += 1;
  };
  for await (const chunk of chunks) {
    const text = rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk as Buffer));
    let from = 0;
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      end(text.slice(from, to));
      from = to + 1;
    }
    rest = text.slice(from);
    if (rest.length > MAX_LINE_LENGTH) {
      isTooLong = true;
      rest = '';
    }
  }
  const last = rest + decoder.end();
  if (last !== '' || isTooLong) end(last);
}
