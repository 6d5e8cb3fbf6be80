import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNotifier, type DriverEntry, type OutgoingMessage } from '../../src/index.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidings-formats-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What two drivers are given for one notification. */
async function bodies(options: { wireFormat?: 'oslo' | 'plain' | 'cloudevents' }, environment = {}) {
  const given: Record<string, string> = {};
  const own = {
    name: 'own',
    wireFormat: 'oslo',
    deliver: async ([message]: readonly OutgoingMessage[]) => {
      given.own = String(message?.contentType);
    },
  };
  const file = join(folder, `${randomUUID()}.log`);
  const chosen = { driver: 'log', name: 'chosen', file, wireFormat: 'cloudevents' } as const;
  const notifier = createNotifier({ drivers: [own, chosen], ...options }, environment);
  notifier.info('image.update', { id: 'i-1' });
  await notifier.close();
  given.chosen = Object.keys(JSON.parse(readFileSync(file, 'utf8'))).includes('specversion') ? 'cloudevents' : 'other';
  return given;
}

describe('the wire format of a driver', () => {
  it('is what its entry asks for, else what is set for all, else its own', async () => {
    expect(await bodies({})).toEqual({ own: 'application/json', chosen: 'cloudevents' });
    expect(await bodies({ wireFormat: 'cloudevents' })).toEqual({
      own: 'application/cloudevents+json',
      chosen: 'cloudevents',
    });
    expect(await bodies({}, { TIDINGS_WIRE_FORMAT: 'plain' })).toEqual({
      own: 'application/json',
      chosen: 'cloudevents',
    });
  });

  it('is refused where there is none of that name', () => {
    const entry = { name: 'log', wireFormat: 'xml' } as unknown as DriverEntry;
    const message = 'log.wireFormat is "xml"; it takes one of oslo, plain, cloudevents';
    expect(() => createNotifier({ drivers: [entry] }, {})).toThrow(message);
    const instance = { name: 'mine', wireFormat: 'xml', deliver: async () => {} };
    expect(() => createNotifier({ drivers: [instance] }, {})).toThrow('mine.wireFormat is "xml"');
  });
});
