import { expect, it } from 'vitest';
import { HandlerCalls } from '../../src/listener/handler-calls.js';
import { HandlerEntry } from '../../src/listener/handler-entry.js';
import { Limiter } from '../../src/listener/limiter.js';
import { Processor } from '../../src/listener/processor.js';
import { EventPatterns } from '../../src/notification/event-pattern.js';

it('a filter that gives a promise has failed: nothing is handled that it would not have let through', async () => {
  const handled: unknown[] = [];
  const where = (async () => {
    throw new Error('no database');
  }) as never;
  const settings = {
    name: 'handler',
    patterns: EventPatterns.parse('*', ''),
    priorities: new Set(['INFO'] as const),
    where,
    call: { handler: (notification: unknown) => handled.push(notification) },
  };
  const processor = new Processor([new HandlerEntry(settings, new Limiter(1), new HandlerCalls(1_000, () => {}))], {
    maxMessageBytes: 10_000,
    duplicates: 10,
    retries: 1,
  });
  const content = Buffer.from('{"event_type":"image.create","priority":"INFO","payload":{}}');
  const about = { headers: {}, queue: 'q', attempts: 0, handled: [], redelivered: false, isSuspect: false };
  const lost = new AbortController().signal;
  expect(await processor.process({ ...about, content, suspicions: 0, lost })).toMatchObject({
    kind: 'retried',
    reason: 'a filter failed: where gave a promise, and must answer at once',
  });
  expect(handled).toEqual([]);
});
