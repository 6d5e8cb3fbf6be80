import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CapturedNotifications, NotificationsTestingModule } from 'tidings/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppModule } from '../src/app.module.js';

let app: INestApplication;
let notifications: CapturedNotifications;

async function start(): Promise<void> {
  const module = await Test.createTestingModule({
    imports: [NotificationsTestingModule.forRoot(), AppModule],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  notifications = app.get(CapturedNotifications);
}

beforeEach(start);
afterEach(() => app.close());

async function request(method: string, path: string, body?: object | string): Promise<Response> {
  const isJson = typeof body === 'object';
  return fetch(`${await app.getUrl()}${path}`, {
    method,
    headers: {
      'x-auth-token': 'ada:paintings',
      'x-request-id': 'req-1',
      'content-type': isJson ? 'application/json' : 'application/octet-stream',
    },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : body }),
  });
}

async function create(name = 'cirros'): Promise<string> {
  const response = await request('POST', '/images', { name });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

describe('an image', () => {
  it('is told of from its creation to its end, with the ids of who asked', async () => {
    const id = await create();
    expect((await request('PUT', `/images/${id}/data`, 'some data')).status).toBe(204);
    expect(await (await request('GET', `/images/${id}/data`)).text()).toBe('some data');
    expect((await request('DELETE', `/images/${id}`)).status).toBe(204);

    const context = { request_id: 'req-1', user_id: 'ada', project_id: 'paintings' };
    expect(notifications).toHaveNotified('image.create', {
      payload: { id, name: 'cirros', status: 'queued' },
      context,
    });
    expect(notifications).toHaveNotifiedPair(
      { start: 'image.prepare', end: 'image.upload' },
      { start: { payload: { size: 9 } }, end: { priority: 'INFO', payload: { status: 'active' } } },
    );
    expect(notifications).toHaveNotified('image.send', { payload: { image_id: id, bytes_sent: 9 }, times: 1 });
    expect(notifications).toHaveNotifiedInOrder(['image.create', 'image.activate', 'image.send', 'image.delete']);
    expect(notifications).not.toHaveNotified('http.error');
  });

  it('that cannot be stored is told of once, and so is the answer', async () => {
    const id = await create();
    notifications.clear();
    expect((await request('PUT', `/images/${id}/data`, 'x'.repeat(1024 ** 2 + 1))).status).toBe(503);

    expect(notifications).toHaveNotified('image.upload', {
      priority: 'ERROR',
      payload: { id, error: expect.objectContaining({ message: 'no space left in the store' }) },
      times: 1,
    });
    const { payload } = await notifications.waitFor('http.error');
    expect(payload).toMatchObject({ request: { method: 'PUT' }, response: { status: 503 } });
  });
});

describe("a caller's mistakes", () => {
  it('are not told', async () => {
    const unknown = '/images/00000000-0000-4000-8000-000000000000';
    expect((await request('POST', '/images', { name: '' })).status).toBe(400);
    expect((await request('GET', '/images/no-uuid')).status).toBe(400);
    expect((await request('DELETE', unknown)).status).toBe(404);
    expect((await fetch(`${await app.getUrl()}${unknown}`)).status).toBe(401);
    expect(notifications).toHaveNotifiedNothing();
  });
});

describe('TIDINGS_DISABLED_NOTIFICATIONS', () => {
  afterEach(() => {
    delete process.env.TIDINGS_DISABLED_NOTIFICATIONS;
  });

  it('turns events off', async () => {
    await app.close();
    process.env.TIDINGS_DISABLED_NOTIFICATIONS = 'image.send,image.activate';
    await start();
    const id = await create();
    await request('PUT', `/images/${id}/data`, 'some data');
    await (await request('GET', `/images/${id}/data`)).text();
    expect(notifications.eventTypes).toEqual(['image.create', 'image.prepare', 'image.upload']);
  });
});

describe('the health of the service', () => {
  it('has the notifier in it', async () => {
    const response = await request('GET', '/health');
    expect(await response.json()).toMatchObject({ notifications: { status: 'up' } });
  });
});
