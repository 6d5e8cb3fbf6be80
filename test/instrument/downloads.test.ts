import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type AnyCall, type JsonObject, withNotifies } from '../../src/index.js';
import { record } from '../support/recorded.js';

const payload = ({ bytes, items, cancelled }: AnyCall) => ({ bytes, items, cancelled });
const CHUNK = Buffer.alloc(10_000, 'x');

function* endless(): Generator<Buffer> {
  for (;;) yield CHUNK;
}

describe('a download that a client cuts', () => {
  const open = new Set<Server>();
  afterEach(() => {
    for (const server of open) server.close();
    open.clear();
  });

  it.each(['pipe', 'pipeline'] as const)('is told at WARN with the bytes that left, over %s()', async (way) => {
    const { told } = record();
    const download = withNotifies('image.download', () => Readable.from(endless(), { objectMode: false }), { payload });
    const server = createServer((_request, response) => {
      const stream = download();
      if (way === 'pipe') stream.pipe(response);
      else pipeline(stream, response).catch(() => {});
    }).listen(0, '127.0.0.1');
    open.add(server);
    await once(server, 'listening');
    const cutting = new AbortController();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const response = await fetch(url, { signal: cutting.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    cutting.abort();
    await expect(async () => {
      while (!(await reader?.read())?.done);
    }).rejects.toThrow();
    let notifications = await told();
    for (let n = 0; n < 200 && notifications.length === 0; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      notifications = await told();
    }
    expect(notifications).toMatchObject([
      { eventType: 'image.download', priority: 'WARN', payload: { cancelled: true, items: 0 } },
    ]);
    const bytes = Number((notifications[0]?.payload as JsonObject | undefined)?.bytes);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes % CHUNK.length).toBe(0);
  });
});
