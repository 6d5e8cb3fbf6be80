import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnyCall, withNotifies } from '../../src/index.js';
import { record } from '../support/recorded.js';

const payload = ({ bytes, items, cancelled }: AnyCall) => ({ bytes, items, cancelled });

const drain = async (stream: ReadableStream) => {
  for await (const _ of stream);
};

describe('a fetch Response', () => {
  let server: Server;
  let url: string;
  let answer: (response: ServerResponse) => void;
  beforeAll(async () => {
    server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const fetched = async (consume: (response: Response) => unknown) => {
    const { told } = record();
    const get = withNotifies('image.fetch', () => fetch(url), {
      payload: (call) => ({ ...payload(call), status: call.result.status }),
    });
    await consume(await get());
    await turn();
    return (await told()).map(({ priority, payload }) => [priority, payload]);
  };
  const read = (bytes: number) => [['INFO', { bytes, items: 0, cancelled: false, status: 200 }]];

  it.each<[string, (response: Response) => unknown]>([
    ['text', (response) => response.text()],
    ['json', (response) => response.json()],
    ['arrayBuffer', (response) => response.arrayBuffer()],
    ['blob', (response) => response.blob()],
    [
      'bytes',
      (response) => (response as Response & { bytes?(): Promise<unknown> }).bytes?.() ?? response.arrayBuffer(),
    ],
    ['its body', (response) => drain(response.body as ReadableStream)],
    ['clone', (response) => Promise.all([response.clone().text(), response.text()])],
    [
      'clones of clones',
      (response) => {
        const clone = response.clone();
        const all = [response, clone, response.clone(), clone.clone()];
        return Promise.all(all.map(async (each) => expect(await each.text()).toBe('{"a":1}')));
      },
    ],
    [
      'clone, one left',
      async (response) => {
        void response.clone().body?.cancel();
        await response.text();
      },
    ],
  ])('is told when it is read: %s', async (_, consume) => {
    answer = (response) => response.end('{"a":1}');
    expect(await fetched(consume)).toEqual(read(7));
  });

  it('is told when its form is read', async () => {
    answer = (response) => response.setHeader('content-type', 'application/x-www-form-urlencoded').end('a=1');
    expect(await fetched(async (response) => expect((await response.formData()).get('a')).toBe('1'))).toEqual(read(3));
  });

  it('is complete at once where it has no body', async () => {
    answer = (response) => response.writeHead(204).end();
    expect(await fetched(() => {})).toEqual([['INFO', { bytes: 0, items: 0, cancelled: false, status: 204 }]]);
  });

  it('is cancelled with its body, and fails with its connection', async () => {
    answer = (response) => void response.write('abc');
    const left = await fetched(async (response) => {
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    });
    expect(left).toEqual([['WARN', { bytes: 3, items: 0, cancelled: true, status: 200 }]]);
    answer = (response) => response.write('abc', () => response.destroy());
    const [failed] = await fetched((response) => response.text().catch(() => {}));
    expect(failed?.[0]).toBe('ERROR');
  });

  it('is cancelled when all its clones are, with what the furthest has read', async () => {
    answer = (response) => void response.write('abc');
    const left = await fetched(async (response) => {
      const reader = response.clone().body?.getReader();
      await reader?.read();
      await Promise.all([reader?.cancel(), response.body?.cancel()]);
    });
    expect(left).toEqual([['WARN', { bytes: 3, items: 0, cancelled: true, status: 200 }]]);
  });

  it('is told to every call that passed it on when a clone is read', async () => {
    answer = (response) => response.end('abc');
    const { told } = record();
    const inner = withNotifies('image.fetch', () => fetch(url), { payload });
    const outer = withNotifies('image.open', async () => (await inner()).clone(), { payload });
    await (await outer()).text();
    await turn();
    expect((await told()).map((each) => each.payload)).toEqual(Array(2).fill({ bytes: 3, items: 0, cancelled: false }));
  });

  it('is told also when its body is a Node stream, as other packages have it', async () => {
    const { told } = record();
    class OtherResponse {
      readonly status = 200;
      readonly body = Readable.from(['ab'], { objectMode: false });
      text() {
        return text(this.body);
      }
      json() {}
      arrayBuffer() {}
      clone() {}
    }
    const response = withNotifies('image.fetch', () => new OtherResponse(), { payload })();
    await response.text();
    expect((await told()).map(({ payload }) => payload)).toEqual([{ bytes: 2, items: 0, cancelled: false }]);
  });
});

describe('a StreamableFile', () => {
  it('is told when its stream was sent, or cut off', async () => {
    const { told } = record();
    class StreamableFile {
      readonly #stream = new PassThrough();
      readonly options = {};
      getStream() {
        return this.#stream;
      }
      getHeaders() {
        return {};
      }
    }
    const download = withNotifies('image.download', () => new StreamableFile(), {
      payload: (call) => ({ ...payload(call), file: call.result instanceof StreamableFile }),
    });
    const sent = download();
    sent.getStream().end('abc');
    await once(sent.getStream().resume(), 'end');
    const cut = download();
    await once(cut.getStream().destroy(), 'close');
    expect((await told()).map(({ priority, payload }) => [priority, payload])).toEqual([
      ['INFO', { bytes: 3, items: 0, cancelled: false, file: true }],
      ['WARN', { bytes: 0, items: 0, cancelled: true, file: true }],
    ]);
  });
});
