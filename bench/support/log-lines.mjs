import { randomUUID } from 'node:crypto';

const USERS = 200;
const PROJECTS = 40;
const HOSTS = ['host-1', 'host-2', 'host-3'];
const OPERATIONS = ['task.run', 'image.import', 'volume.create', 'volume.attach', 'server.boot'];

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
    const outer = pick(OPERATIONS);
    const operation = { ...ids, operation_id: randomUUID() };
    const durationMs = Math.exp(random() * 5 + 2);
    yield line(`${outer}.start`, 'INFO', time, {}, operation);
    if (random() < 0.3) {
      const inner = { ...ids, operation_id: randomUUID(), parent_operation_id: operation.operation_id };
      yield line('image.prepare', 'INFO', time + durationMs * 0.1, image, inner);
      const took = durationMs * 0.7;
      yield line('image.upload', 'INFO', time + durationMs * 0.8, image, { ...inner, duration_ms: took });
    }
    if (random() < 0.002) continue;
    const fails = random() < (outer === 'server.boot' ? 0.08 : 0.01);
    const end = { ...operation, duration_ms: Math.round(durationMs * 1e3) / 1e3 };
    if (fails) yield line(`${outer}.error`, 'ERROR', time + durationMs, 'the store is full', end);
    else yield line(`${outer}.end`, 'INFO', time + durationMs, image, end);
  }
}
