import { Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import {
  configureNotifications,
  createNotifier,
  currentNotifier,
  Notifies,
  notifyAbout,
  withNotificationContext,
  withStartEnd,
} from '../../src/index.js';
import { type CapturedNotifications, captureNotifications } from '../../src/testing/index.js';

let captured: CapturedNotifications | undefined;
afterEach(async () => {
  await captured?.stop();
  captured = undefined;
});

class Images {
  @Notifies('image.update', { payload: 'result' })
  update(id: string): object {
    return { id, at: new Date(0), password: 'secret' };
  }

  @Notifies('image.watch')
  watch(): Observable<number> {
    return new Observable((subscriber) => subscriber.complete());
  }
}

describe('captureNotifications()', () => {
  it('shows nothing of what validation drops, and who tells it goes on', async () => {
    captured = captureNotifications({ validation: 'drop', strictCatalog: true });
    const receipt = captured.notifier.info('no.catalog', {});
    expect(await receipt.delivered()).toMatchObject({
      status: 'dropped',
      reason: expect.stringContaining('strictCatalog'),
    });
    expect(captured.notifications).toEqual([]);
    expect(captured.notifier.stats().drivers.capture).toMatchObject({ accepted: 1, dropped: { invalid: 1 } });
  });

  it('has what is told at once, as a consumer would parse it', () => {
    captured = captureNotifications();
    withNotificationContext({ request_id: 'r1' }, () => new Images().update('i1'));
    expect(captured.notifications).toMatchObject([
      {
        eventType: 'image.update',
        priority: 'INFO',
        payload: { id: 'i1', at: '1970-01-01T00:00:00.000Z', password: '***' },
        context: { request_id: 'r1' },
      },
    ]);
    captured.clear();
    expect(captured.eventTypes).toEqual([]);
  });

  it('has nothing of what is disabled, in code or in the environment, and names the service', () => {
    process.env.TIDINGS_DISABLED_NOTIFICATIONS = 'image.member';
    try {
      captured = captureNotifications({ disabledNotifications: 'task', publisherId: 'image.test' });
    } finally {
      process.env.TIDINGS_DISABLED_NOTIFICATIONS = '';
    }
    for (const type of ['task.run', 'image.member.create', 'image.create']) notifyAbout(type);
    expect(captured.notifications).toMatchObject([{ eventType: 'image.create', publisherId: 'image.test' }]);
  });

  it('takes the place of the drivers of every notifier that is made meanwhile, and of no other', async () => {
    const before = new MemoryDriver();
    const earlier = createNotifier({ drivers: [before] });
    const configured = configureNotifications({ drivers: [before] });
    captured = captureNotifications();
    const after = new MemoryDriver();
    const own = createNotifier({ drivers: [after], spoolDir: '/nowhere', topics: 'elsewhere' });
    own.info('told.by_own');
    earlier.info('told.by_earlier');
    notifyAbout('told.by_process');
    expect(captured.eventTypes).toEqual(['told.by_own', 'told.by_process']);
    await Promise.all([own.close(), earlier.close()]);
    expect(after.notifications).toEqual([]);
    expect(before.notifications).toHaveLength(1);

    await captured.stop();
    expect(currentNotifier()).toBe(configured);
    notifyAbout('told.afterwards');
    expect(captured.eventTypes).not.toContain('told.afterwards');
    await configured.close();
  });

  it('has neither what is taken back nor what a closed notifier drops', async () => {
    captured = captureNotifications();
    const watched = new Images().watch();
    expect(captured.eventTypes).toEqual([]);
    watched.subscribe();
    expect(captured.eventTypes).toEqual(['image.watch']);
    await captured.notifier.close();
    expect(captured.notifier.info('too.late').status).toBe('closed');
    expect(captured.eventTypes).toEqual(['image.watch']);
  });

  it('gives receipts and an account like any notifier', async () => {
    captured = captureNotifications();
    expect((await notifyAbout('image.create').delivered()).status).toBe('delivered');
    expect(captured.notifier.stats().drivers.capture).toMatchObject({ accepted: 1, delivered: 1 });
    expect(captured.notifier.health().status).toBe('up');
  });

  it('waits for what comes later', async () => {
    captured = captureNotifications();
    setTimeout(() => notifyAbout('image.upload', { id: 'other' }), 1);
    setTimeout(() => notifyAbout('image.upload', { id: 'mine' }), 2);
    const notification = await captured.waitFor('image.upload', { payload: { id: 'mine' } });
    expect(notification.payload).toEqual({ id: 'mine' });
    await expect(captured.waitFor('image.delete', {}, { timeoutMs: 5 })).rejects.toThrow(
      'image.delete was not told as expected within 5 ms, but: image.upload, image.upload',
    );
  });

  it('refuses options that are wrong, or that would deliver', () => {
    expect(() => captureNotifications({ drivers: 'log' } as object)).toThrow('drivers is not for a capture');
    expect(() => captureNotifications({ queueMessages: 0 })).toThrow('queueMessages is 0');
    // The one that failed left nothing behind.
    const memory = new MemoryDriver();
    const notifier = createNotifier({ drivers: [memory] });
    expect(Object.keys(notifier.stats().drivers)).toEqual(['memory']);
    return notifier.close();
  });

  it('ends where its scope does', async () => {
    const scope = async () => {
      const inner = captureNotifications();
      notifyAbout('inside');
      await inner[Symbol.asyncDispose]();
      return inner;
    };
    const inner = await scope();
    captured = captureNotifications();
    await withStartEnd('task.run', async () => {})();
    expect([inner.eventTypes, captured.eventTypes]).toEqual([['inside'], ['task.run.start', 'task.run.end']]);
  });
});
