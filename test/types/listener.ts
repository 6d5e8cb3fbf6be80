/** Types of the listener's handlers, compiled by test/types/types.test.ts and with the project. */
import 'tidings';
import { createListener, OnNotification, type Received } from 'tidings/listener';

interface Sent {
  readonly bytes_sent: number;
}

declare module 'tidings' {
  interface EventPayloads {
    'listener.test.sent': Sent;
  }
}

const listener = createListener();

listener.on('listener.test.sent', (n) => {
  const bytes: number = n.payload.bytes_sent;
  // @ts-expect-error the payload of a known event type has what it has
  n.payload.no_such_field;
  return bytes;
});
listener.on('listener.test.sent', (n: Received<{ bytes_sent: number }>) => n.payload.bytes_sent);
// @ts-expect-error nor is it another one
listener.on('listener.test.sent', (n: Received<{ bytes_sent: string }>) => n.payload.bytes_sent);

listener.on('image.*', (n) => {
  // @ts-expect-error any JSON: to be looked at first
  n.payload.id;
});
listener.on('image.*', (n: Received<{ id: string }>) => n.payload.id.length);
listener.on(['image.*', '!image.send'], async ({ messageId, context }) => [messageId, context.request_id]);
listener.on('listener.test.sent', (all) => all.map(({ payload }) => payload.bytes_sent), { batch: { size: 10 } });
listener.on('image.*', (all: readonly Received<{ id: string }>[]) => all[0]?.payload.id, {
  batch: { size: 10, timeout: '1s' },
});

class Handlers {
  @OnNotification('listener.test.sent')
  onSent(n: Received<Sent>) {
    return n.payload.bytes_sent;
  }

  @OnNotification('image.*', { priority: 'ERROR' })
  async onImage(n: Received<{ id: string }>): Promise<void> {
    await n.payload.id;
  }

  @OnNotification('image.*', { batch: { size: 2 } })
  onImages(all: readonly Received[]) {
    return all.length;
  }

  @OnNotification('image.*')
  onAny() {}

  // @ts-expect-error the method takes another payload than the event has
  @OnNotification('listener.test.sent')
  onWrong(n: Received<{ bytes_sent: string }>) {
    return n;
  }

  // @ts-expect-error a batch handler takes several
  @OnNotification('image.*', { batch: { size: 2 } })
  onOne(n: Received) {
    return n.payload;
  }
}

listener.register(new Handlers());
