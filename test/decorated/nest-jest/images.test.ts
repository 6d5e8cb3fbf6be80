/// <reference types="jest" />
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CapturedNotifications, NotificationsTestingModule } from 'tidings/testing';
import 'tidings/testing/jest';
import { AppModule, Images, ImagesModule } from './images.js';

describe('an application', () => {
  let app: INestApplication;
  let told: CapturedNotifications;
  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [NotificationsTestingModule.forRoot(), AppModule],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    told = app.get(CapturedNotifications);
  });
  afterEach(() => app.close());

  const get = async (id: string) => {
    const headers = { 'x-request-id': 'r1', connection: 'close' };
    return (await fetch(`${await app.getUrl()}/images/${id}`, { headers })).status;
  };

  test('is told by everything but what it has turned off', async () => {
    expect(told).toHaveNotifiedNothing();
    expect(await get('7')).toBe(200);
    expect(told).toHaveNotifiedPair('image.read', { failed: false, start: { context: { request_id: 'r1' } } });
    expect(told).toHaveNotified('image.injected', { payload: { id: expect.any(String) } });
    expect(told).toHaveNotified('image.read_by', { priority: 'AUDIT', publisherId: 'audit.test', times: 1 });
    // Turned off by the options of the module, told by decorators and by what is injected.
    expect(told).not.toHaveNotified('image.touch');
    expect(told).not.toHaveNotified('image.hidden');
    expect(told).toHaveNotifiedInOrder(['image.read.start', 'image.injected', 'image.read.end']);
  });

  test('tells of faults, and of mistakes as such', async () => {
    expect([await get('404'), await get('500')]).toEqual([404, 500]);
    expect(told).toHaveNotifiedInOrder([
      ['image.read.end', { priority: 'WARN' }],
      ['image.read.error', { payload: 'disk on fire' }],
    ]);
  });
});

test('a module by itself gets its notifiers from the testing module', async () => {
  const module = await Test.createTestingModule({
    imports: [NotificationsTestingModule.forRoot({ names: ['audit'], service: 'image' }), ImagesModule],
  }).compile();
  module.get(Images).read('7');
  const told = module.get(CapturedNotifications);
  expect(told.eventTypes).toEqual([
    'image.read.start',
    'image.touch',
    'image.injected',
    'image.hidden',
    'image.read_by',
    'image.read.end',
  ]);
  expect(told).toHaveNotified('image.touch', { publisherId: /^image\./ });
  expect(() => expect(told).toHaveNotified('image.touch', { priority: 'ERROR' })).toThrow(
    /^expected to find image\.touch/,
  );
  await module.close();
});
