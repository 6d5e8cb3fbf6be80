import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, about, DATA, ImageClient } from './image-service-client.js';
import { ServiceProcess } from './image-service-process.js';

let service: ServiceProcess;
let client: ImageClient;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-service-test-'));
  await mkdir(join(directory, 'import'));
  await writeFile(join(directory, 'import', 'image.raw'), DATA);
  service = await ServiceProcess.start({ IMAGE_DIR: directory, IMPORT_DIR: join(directory, 'import') });
  client = new ImageClient(service.url);
});

afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(directory, { recursive: true });
});

describe('what goes wrong', () => {
  it('tells of a download that was cut short, with the bytes that were sent', async () => {
    const size = 32 * 1024 * 1024;
    const id = await client.createActive(Buffer.alloc(size));
    await new Promise((resolve) => {
      get(`${service.url}/v2/images/${id}/file`, { headers: ALICE }, (response) => {
        response.once('data', () => response.destroy()).once('close', resolve);
      });
    });
    const told = await service.told('image.send', about(id));
    expect(told).toMatchObject({
      priority: 'WARN',
      payload: { owner_id: 'project-a', receiver_user_id: 'alice', destination_ip: '127.0.0.1' },
    });
    const { bytes_sent: sent } = told.payload as { bytes_sent: number };
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(size);
  });

  it('takes an upload that was cut short as the client’s mistake', async () => {
    const id = await client.create();
    await client.announce(id, 1_000_000, DATA);
    const told = await service.told('image.upload', ({ priority }) => priority === 'WARN');
    const prepared = await service.told('image.prepare', about(id));
    expect(told.context.operation_id).toBe(prepared.context.operation_id);
    expect(await client.show(id)).toMatchObject({ status: 'queued' });
  });

  it('tells of a store that fails, once', async () => {
    const id = await client.create();
    await rename(join(directory, 'data'), join(directory, 'away'));
    await writeFile(join(directory, 'data'), '');
    const headers = { ...ALICE, 'X-Request-Id': 'req-store-failure' };
    const response = await client.ask('PUT', `/v2/images/${id}/file`, DATA, headers);
    await rm(join(directory, 'data'));
    await rename(join(directory, 'away'), join(directory, 'data'));

    expect(response.status).toBe(503);
    await service.told('image.upload', ({ priority }) => priority === 'ERROR');
    expect((await client.ask('PUT', `/v2/images/${id}/file`, DATA)).status).toBe(204);
    await service.told('image.activate', about(id));
    const ofTheRequest = service.notifications.filter(({ context }) => context.request_id === 'req-store-failure');
    expect(ofTheRequest.map(({ event_type, priority }) => [event_type, priority])).toEqual([
      ['image.prepare', 'INFO'],
      ['image.upload', 'ERROR'],
    ]);
  });
});

describe('import tasks', () => {
  async function importFrom(import_from: string): Promise<Record<string, unknown>> {
    const response = await client.ask('POST', '/v2/tasks', { type: 'import', input: { import_from } });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    await service.told('task.run.end', ({ payload }) => typeof payload === 'string' || payload.task_id === id);
    return (await (await client.ask('GET', `/v2/tasks/${id}`)).json()) as Record<string, unknown>;
  }

  it('imports a file, and a URL of this machine', async () => {
    const fromFile = await importFrom('image.raw');
    expect(fromFile).toMatchObject({ status: 'success', message: null });
    const { image_id } = fromFile.result as { image_id: string };
    expect(await client.show(image_id)).toMatchObject({ status: 'active', size: DATA.length });

    expect((await client.ask('PATCH', `/v2/images/${image_id}`, { visibility: 'public' })).status).toBe(200);
    const fromUrl = await importFrom(`${service.url}/v2/images/${image_id}/file`);
    expect(fromUrl).toMatchObject({ status: 'success' });
  });

  it.each(['../images', 'no-such-file', '/etc/hostname', 'http://example.org/image'])(
    'does not import %s',
    async (from) => {
      const response = await client.ask('POST', '/v2/tasks', { type: 'import', input: { import_from: from } });
      const { id } = (await response.json()) as { id: string };
      const failure = await service.told(
        'task.failure',
        ({ payload }) => typeof payload === 'object' && payload.task_id === id,
      );
      expect(failure).toMatchObject({
        priority: 'INFO',
        payload: { status: 'failure', message: expect.any(String), result: null },
      });
    },
  );
});
