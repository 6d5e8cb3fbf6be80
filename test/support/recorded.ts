import { afterEach } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import { configureNotifications, type Notification, type NotificationOptions, type Notifier } from '../../src/index.js';

/** What a notifier of the tests said about itself. */
export class RecordingReporter {
  readonly lines: string[] = [];
  readonly warn = (message: string) => void this.lines.push(message);
  readonly info = (message: string) => void this.lines.push(message);
}

/** A process-wide notifier that keeps what it is told. */
export interface Recorded {
  readonly notifier: Notifier;
  readonly reporter: RecordingReporter;
  /** Everything told so far. */
  told(): Promise<Notification[]>;
  /** `PRIORITY event.type` of everything told so far. */
  summary(): Promise<string[]>;
}

const open = new Set<Notifier>();

export function record(options: NotificationOptions = {}): Recorded {
  const memory = new MemoryDriver();
  const reporter = new RecordingReporter();
  const notifier = configureNotifications({
    drivers: [memory],
    publisherId: 'test.host',
    reporter,
    ...options,
  });
  open.add(notifier);
  const told = async () => {
    await notifier.flush();
    return memory.notifications;
  };
  return {
    notifier,
    reporter,
    told,
    summary: async () => (await told()).map(({ priority, eventType }) => `${priority} ${eventType}`),
  };
}

afterEach(async () => {
  for (const notifier of open) await notifier.close({ timeoutMs: 50 });
  open.clear();
});
