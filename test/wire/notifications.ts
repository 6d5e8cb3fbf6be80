import fc from 'fast-check';
import { type JsonValue, type Notification, PRIORITIES } from '../../src/index.js';

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const key = fc.oneof(
  fc.constantFrom('request_id', 'duration_ms', 'traceparent', 'parent_operation_id', 'priority', 'id', 'data', 'time'),
  fc.constantFrom('a_b', 'ab', 'A_b', '__proto__', 'tidingscontext', 'requestid', 'context', 'é', '_'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

/** Of the instant's every digit that JavaScript's `Date` has, and of six digits. */
const timestamp = fc
  .tuple(
    fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
    fc.integer({ min: 1, max: 999 }),
    fc.boolean(),
  )
  .map(([date, micros, isFine]) => {
    const time = date.toISOString();
    return isFine ? time.replace('Z', `${String(micros).padStart(3, '0')}Z`) : time;
  });

/** Any notification that a service or another sender may have made. */
export const anyNotification: fc.Arbitrary<Notification> = fc.record({
  messageId: fc.oneof(fc.uuid({ version: 4 }), fc.string({ minLength: 1 })),
  publisherId: fc.string({ unit: 'grapheme' }),
  eventType: fc.oneof(fc.constant(''), fc.stringMatching(/^[a-z_]{1,8}(\.[a-z_]{1,8}){0,3}$/), fc.string()),
  priority: fc.constantFrom(...PRIORITIES),
  timestamp,
  payload: json,
  context: fc
    .uniqueArray(fc.tuple(key, fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), json)), {
      selector: ([name]) => name,
      maxLength: 6,
    })
    .map((entries) => JSON.parse(JSON.stringify(Object.fromEntries(entries)))),
});
