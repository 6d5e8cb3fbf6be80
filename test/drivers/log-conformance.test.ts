import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogDriver } from '../../src/drivers/log/index.js';
import { type Consumed, describeDriverConformance } from '../support/driver-conformance.js';

function consumedOf(line: string): Consumed {
  const { message_id, publisher_id, event_type, priority, payload } = JSON.parse(line);
  return { messageId: message_id, publisherId: publisher_id, eventType: event_type, priority, payload };
}

describeDriverConformance('log, into a file,', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-log-'));
  const file = join(folder, 'notifications.log');
  return {
    driver: new LogDriver({ file }),
    async consumed(count) {
      for (;;) {
        const text = await readFile(file, 'utf8').catch(() => '');
        const lines = text.split('\n').filter((line) => line !== '');
        if (lines.length >= count) return lines.map(consumedOf);
        await sleep(5);
      }
    },
    dispose: () => rm(folder, { recursive: true }),
  };
});
