import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, about, BOB, DATA, ImageClient } from './image-service-client.js';
import { ServiceProcess } from './image-service-process.js';

let service: ServiceProcess;
let client: ImageClient;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-service-test-'));
  service = await ServiceProcess.start({ IMAGE_DIR: directory });
  client = new ImageClient(service.url);
});

afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(directory, { recursive: true });
});

describe('images', () => {
  it('keeps what it is given, with its checksums', async () => {
    const id = await client.createActive();
    expect(await client.show(id)).toMatchObject({
      status: 'active',
      size: DATA.length,
      virtual_size: DATA.length,
      checksum: createHash('md5').update(DATA).digest('hex'),
      os_hash_algo: 'sha256',
      os_hash_value: createHash('sha256').update(DATA).digest('hex'),
    });
    const download = await client.ask('GET', `/v2/images/${id}/file`);
    expect(Buffer.from(await download.arrayBuffer()).equals(DATA)).toBe(true);
  });

  it('is changed by a merge patch', async () => {
    const id = await client.create({ name: 'a', properties: { one: '1', two: '2' } });
    const response = await client.ask('PATCH', `/v2/images/${id}`, {
      name: null,
      properties: { one: null, three: '3' },
    });
    expect(await response.json()).toMatchObject({ name: null, properties: { two: '2', three: '3' } });
    expect((await client.ask('PATCH', `/v2/images/${id}`, { status: 'active' })).status).toBe(400);
  });

  it('is seen only by those it is shared with', async () => {
    const id = await client.create();
    expect((await client.ask('GET', `/v2/images/${id}`, undefined, BOB)).status).toBe(404);
    expect((await client.ask('POST', `/v2/images/${id}/members`, { member: 'project-b' })).status).toBe(200);
    expect((await client.ask('POST', `/v2/images/${id}/members`, { member: 'project-b' })).status).toBe(409);
    expect((await client.ask('GET', `/v2/images/${id}`, undefined, BOB)).status).toBe(200);
    expect((await client.ask('PATCH', `/v2/images/${id}`, { name: 'mine' }, BOB)).status).toBe(403);
  });

  it.each([
    ['bytes=0-9', 206, 'bytes 0-9/200000', 10],
    ['bytes=199990-', 206, 'bytes 199990-199999/200000', 10],
    ['bytes=-5', 206, 'bytes 199995-199999/200000', 5],
    ['bytes=199999-999999', 206, 'bytes 199999-199999/200000', 1],
    ['bytes=200000-', 416, 'bytes */200000', undefined],
    ['bytes=0-1,5-6', 200, null, 200_000],
    ['bytes=9-1', 200, null, 200_000],
  ])('answers Range: %s with %i', async (range, status, contentRange, length) => {
    const id = await client.createActive();
    const response = await client.ask('GET', `/v2/images/${id}/file`, undefined, { ...ALICE, Range: range });
    const body = await response.arrayBuffer();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-range')).toBe(contentRange);
    if (length !== undefined) expect(body.byteLength).toBe(length);
  });

  it('can be empty', async () => {
    const id = await client.createActive(Buffer.alloc(0));
    expect(await client.show(id)).toMatchObject({ status: 'active', size: 0 });
    expect((await client.ask('GET', `/v2/images/${id}/file`)).headers.get('content-length')).toBe('0');
    expect((await client.ask('GET', `/v2/images/${id}/file`, undefined, { ...ALICE, Range: 'bytes=0-1' })).status).toBe(
      416,
    );
  });
});

describe('wrong requests', () => {
  it.each([
    ['GET', '/v2/nothing', undefined, 404],
    ['GET', '/v2/images/nothing', undefined, 404],
    ['DELETE', '/v2/images', undefined, 405],
    ['POST', '/v2/images', { name: 1 }, 400],
    ['POST', '/v2/images', Buffer.from('{'), 400],
    ['POST', '/v2/tasks', { type: 'import', input: { image_properties: {} } }, 400],
  ])('%s %s', async (method, path, body, status) => {
    const response = await client.ask(method, path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ message: expect.any(String) });
  });

  it('refuses a second upload, and data beyond the limit', async () => {
    const id = await client.createActive();
    expect((await client.ask('PUT', `/v2/images/${id}/file`, DATA)).status).toBe(409);
    expect(await client.announce(await client.create(), 1024 ** 3 + 1)).toBe(413);
  });

  it('tells no errors', async () => {
    await service.told('image.create', about(await client.create()));
    expect(service.notifications.filter(({ priority }) => priority !== 'INFO')).toEqual([]);
  });
});
