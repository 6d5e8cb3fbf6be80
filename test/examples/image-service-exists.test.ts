import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditPeriod } from '../../src/audit/index.js';
import { ServiceProcess } from './image-service-process.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-service-exists-'));
  await mkdir(join(folder, 'images'));
});
afterEach(() => rm(folder, { recursive: true }));

/** An image that the service has had for long. */
async function kept(id: string, owner: string | null, deleted_at: string | null = null): Promise<void> {
  const status = deleted_at === null ? 'active' : 'deleted';
  const image = { id, owner, status, size: 7, created_at: '2024-01-01T00:00:00Z', deleted_at, properties: { os: 'x' } };
  await writeFile(join(folder, 'images', `${id}.json`), JSON.stringify(image));
}

it('tells which images there were in the last hour, once per owner and once over restarts', async () => {
  await kept('a', 'alice');
  await kept('b', 'bob');
  await kept('c', 'bob', new Date(Date.now() - 1_000).toISOString());
  await kept('d', 'bob', '2024-01-02T00:00:00Z');
  // The hour may change in the middle of this.
  const hours = [auditPeriod('hour').fields];
  const service = await ServiceProcess.start({ IMAGE_DIR: folder });
  const isOf = (owner: string) => (notification: { payload: unknown }) =>
    (notification.payload as { owner: unknown }).owner === owner;
  const ofBob = await service.told('image.exists', isOf('bob'));
  await service.told('image.exists', isOf('alice'));
  hours.push(auditPeriod('hour').fields);
  const { images, ...period } = ofBob.payload as { images: { id: string }[] };
  expect(hours.map((hour) => ({ owner: 'bob', ...hour }))).toContainEqual(period);
  expect(images.map(({ id }) => id).sort()).toEqual(['b', 'c']);
  expect(images.find(({ id }) => id === 'b')).toEqual({
    id: 'b',
    size: 7,
    status: 'active',
    created_at: '2024-01-01T00:00:00Z',
    deleted_at: null,
    properties: { os: 'x' },
  });
  expect(await service.stop()).toBe(0);

  const again = await ServiceProcess.start({ IMAGE_DIR: folder });
  // Long after it has looked what is due.
  await fetch(`${again.url}/v2/images`, { method: 'POST', body: '{}' });
  await again.told('image.create');
  expect(await again.stop()).toBe(0);
  // By owner and period; another hour may have begun.
  const told = [...service.notifications, ...again.notifications]
    .filter(({ event_type }) => event_type === 'image.exists')
    .map(({ payload }) =>
      JSON.stringify([isRecord(payload) && payload.owner, isRecord(payload) && payload.audit_period_ending]),
    );
  expect(told.length).toBeGreaterThanOrEqual(2);
  expect(new Set(told).size).toBe(told.length);
});

function isRecord(payload: unknown): payload is Readonly<Record<string, unknown>> {
  return typeof payload === 'object' && payload !== null;
}
