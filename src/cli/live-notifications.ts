import { createListener, type ListenerOptions } from '../listener/index.js';
import { plainFormat } from '../wire/plain.js';

/**
 * Gives every notification of a broker, as a line of the plain format: for so long, so many of them, or until the process
 * is told to end.
 * They come by a queue of their own that ends with it: nothing is taken from anybody.
 */
export async function liveNotifications(
  broker: ListenerOptions,
  forMs: number,
  most: number,
  line: (text: string) => void,
): Promise<void> {
  const listener = createListener({ ...broker, temporary: true, concurrency: 1, duplicates: 0 });
  let end = () => {};
  let left = most;
  listener.on('*', (notification) => {
    if (left <= 0) return;
    left -= 1;
    line(plainFormat.encode(notification, ''));
    if (left === 0) end();
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const timer = setTimeout(end, forMs);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  void listener.start().then(
    () => console.error('tidings: listening'),
    () => undefined,
  );
  await ended;
  clearTimeout(timer);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeListener(signal, end);
  await listener.stop({ timeoutMs: 1_000 });
}
