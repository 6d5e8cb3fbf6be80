import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogDriver, type LogOptions } from '../../src/drivers/log/index.js';
import { type Consumed, type DriverHarness, describeDriverConformance } from '../support/driver-conformance.js';

function consumedOf(line: string): Consumed {
  const { message_id, publisher_id, event_type, priority, payload } = JSON.parse(line);
  return { messageId: message_id, publisherId: publisher_id, eventType: event_type, priority, payload };
}

function fileHarness(options: LogOptions): () => Promise<DriverHarness> {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-log-'));
    const inside = join(folder, 'logs');
    const file = join(inside, 'notifications.log');
    return {
      driver: new LogDriver({ file, ...options }),
      async consumed(count) {
        for (;;) {
          const names = await readdir(inside).catch(() => []);
          // The file itself is the youngest.
          const moved = names.filter((name) => name !== 'notifications.log').sort();
          const texts = [...moved, 'notifications.log'].map((name) =>
            readFile(join(inside, name), 'utf8').catch(() => ''),
          );
          const lines = (await Promise.all(texts))
            .join('')
            .split('\n')
            .filter((line) => line !== '');
          if (lines.length >= count) return lines.map(consumedOf);
          await sleep(5);
        }
      },
      outage: {
        async begin() {
          await rename(inside, `${inside}-away`);
          await writeFile(inside, '');
        },
        async end() {
          await rm(inside);
          await rename(`${inside}-away`, inside);
        },
      },
      dispose: () => rm(folder, { recursive: true }),
    };
  };
}

describeDriverConformance('log, into a file,', fileHarness({}), { skip: {} });
describeDriverConformance('log, into a file that is rotated,', fileHarness({ maxBytes: '20KiB', maxFiles: 1_000 }), {
  skip: {},
});
