import { randomUUID } from 'node:crypto';

const USERS = 200;
const PROJECTS = 40;
const HOSTS = ['host-1', 'host-2', 'host-3'];
/** Each with about how long it takes, in milliseconds, and how often it fails. */
const OPERATIONS = [
  { name: 'task.run', ms: 40, fails: 0.01 },
  { name: 'image.import', ms: 900, fails: 0.02 },
  { name: 'volume.create', ms: 250, fails: 0.005 },
  { name: 'volume.attach', ms: 12, fails: 0.001 },
  { name: 'server.boot', ms: 4_000, fails: 0.08 },
];

/**
 * Lines as the log driver writes them: operations that call others, single events between them, an error now and then.
 * The same each time, but for the ids.
 */
export function* logLines(count, began = Date.parse('2026-03-02T08:00:00Z')) {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  let time = began;
  let told = 0;
  const line = (eventType, priority, at, payload, context) => {
    told += 1;
    return JSON.stringify({
      level: priority === 'INFO' ? 'info' : 'error',
      logger: `oslo.messaging.notification.${eventType}`,
      message_id: randomUUID(),
      publisher_id: context.publisher,
      event_type: eventType,
      priority,
      timestamp: new Date(at).toISOString(),
      payload,
      context: { ...context, publisher: undefined },
    });
  };
  while (told < count) {
    time += random() * 20;
    const publisher = `image.${pick(HOSTS)}`;
    const ids = {
      publisher,
      request_id: `req-${randomUUID()}`,
      user_id: `user-${Math.floor(random() ** 3 * USERS)}`,
      project_id: `project-${Math.floor(random() ** 2 * PROJECTS)}`,
    };
    const image = {
      id: randomUUID(),
      name: 'debian-13-genericcloud-amd64',
      status: 'active',
      size: Math.floor(random() * 1e9),
      checksum: 'd41d8cd98f00b204e9800998ecf8427e',
      owner: ids.project_id,
      visibility: 'shared',
    };
    if (random() < 0.4) {
      yield line('image.update', 'INFO', time, image, { ...ids, duration_ms: 1 + random() * 9 });
      continue;
    }
    const { name: outer, ms, fails: failing } = pick(OPERATIONS);
    const operation = { ...ids, operation_id: randomUUID() };
    // Some wait much longer than most; and everything does in the middle of every hour.
    const isBusy = Math.abs(((time / 3_600_000) % 1) - 0.5) < 0.05;
    const durationMs = ms * Math.exp((random() + random() + random() - 1.5) * 1.5) * (isBusy ? 3 : 1);
    yield line(`${outer}.start`, 'INFO', time, {}, operation);
    const calls = outer === 'volume.attach' ? 0 : Math.floor(random() * 3);
    for (let call = 0; call < calls; call += 1) {
      const inner = { ...ids, operation_id: randomUUID(), parent_operation_id: operation.operation_id };
      const began = durationMs * (0.05 + call * 0.45);
      const took = durationMs * (0.1 + random() * 0.3);
      yield line('image.prepare', 'INFO', time + began, image, inner);
      const deeper = { ...ids, operation_id: randomUUID(), parent_operation_id: inner.operation_id };
      yield line('store.write', 'INFO', time + began + took * 0.9, {}, { ...deeper, duration_ms: took * 0.7 });
      yield line('image.upload', 'INFO', time + began + took, image, { ...inner, duration_ms: took });
    }
    if (random() < 0.002) continue;
    const fails = random() < failing * (isBusy ? 4 : 1);
    const end = { ...operation, duration_ms: Math.round(durationMs * 1e3) / 1e3 };
    if (fails) yield line(`${outer}.error`, 'ERROR', time + durationMs, 'the store is full', end);
    else yield line(`${outer}.end`, 'INFO', time + durationMs, image, end);
  }
}
