import type { ExecutionContext } from '@nestjs/common';
import { expect, it } from 'vitest';
import { RequestFollower } from '../../src/nest/request-follower.js';
import { record } from '../support/recorded.js';

it('an `identify` that gives a promise is counted and told, and the request goes on', async () => {
  const { notifier, reporter } = record();
  const identify = (async () => {
    throw new Error('no database');
  }) as never;
  const follower = new RequestFollower(notifier, { requestContext: { identify }, http: {} });
  const execution = { getType: () => 'rpc', switchToRpc: () => ({ getContext: () => ({}) }) };
  const context = follower.contextOf(execution as unknown as ExecutionContext);
  expect(context).toEqual({ request_id: expect.stringMatching(/^req-/) });
  expect(notifier.stats().payloadErrors).toBe(1);
  expect(reporter.lines).toEqual([
    'requestContext.identify of a request threw: it gave a promise, and must answer at once',
  ]);
});
