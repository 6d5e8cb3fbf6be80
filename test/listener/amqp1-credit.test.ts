import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import rhea, { type EventContext, type Sender } from 'rhea';
import { expect, it, onTestFinished } from 'vitest';
import { osloFormat } from '../../src/wire/oslo.js';
import { notification } from '../support/amqp-probe.js';
import { listeningByAmqp1 } from '../support/amqp1-listening.js';
import { gate, Heard, until } from '../support/listening.js';

/** What rhea has of a link that sends, and its types have not. */
interface Counting {
  credit: number;
  delivery_count: number;
  local: { attach: { initial_delivery_count: number } };
}

/** Makes a link of rhea's count from there, modulo 2^32 as AMQP has it (part 2.8.10): its own begins with 0. */
function countFrom(begin: number, link: Counting): void {
  const wrapping = (field: 'credit' | 'delivery_count', first: number, wrap: (value: number) => number) => {
    let current = first;
    const set = (value: number) => {
      current = wrap(value);
    };
    Object.defineProperty(link, field, { get: () => current, set });
  };
  link.local.attach.initial_delivery_count = begin;
  wrapping('delivery_count', begin, (value) => value >>> 0);
  wrapping('credit', 0, (value) => value | 0);
}

/** A peer that sends what it is allowed to; `allowed`: how much that was in all, each time that it was told. */
async function peerThatCountsFrom(begin: number, bodies: string[]) {
  const container = rhea.create_container();
  container.sasl_server_mechanisms.enable_anonymous();
  const allowed: number[] = [];
  const linkOf = ({ sender }: EventContext) => sender as Sender & Counting;
  container.on('sender_open', (context: EventContext) => {
    const link = linkOf(context);
    link.set_source(link.source);
    countFrom(begin, link);
  });
  let sent = 0;
  container.on('sendable', (context: EventContext) => {
    const link = linkOf(context);
    const most = (link.credit + link.delivery_count - begin) | 0;
    allowed.push(most);
    for (; sent < most && bodies.length > 0; sent += 1) link.send({ body: bodies.shift() });
  });
  container.on('disconnected', () => undefined);
  const server = container.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => void server.close());
  if (!server.listening) await once(server, 'listening');
  return { url: `amqp://127.0.0.1:${(server.address() as AddressInfo).port}`, allowed };
}

// RabbitMQ 4.0 and 4.1 count from 2^32 - 5.
it.each([0, 1_000, 2 ** 32 - 5])(
  'a peer that counts its deliveries from %i sends the prefetch and no more',
  async (begin) => {
    const bodies = Array.from({ length: 30 }, () => osloFormat.encode(notification(), 'notifications'));
    const { url, allowed } = await peerThatCountsFrom(begin, bodies);
    const { listener } = listeningByAmqp1({ url, prefetch: 7 });
    const [heard, held] = [new Heard(), gate()];
    listener.on(
      '*',
      async (each) => {
        await held.opened;
        heard.take(each);
      },
      { priority: 'INFO' },
    );
    await listener.start();
    await until(() => listener.stats().received === 7);
    held.open();
    await heard.until(30);
    await listener.stop();
    expect(allowed[0]).toBe(7);
    expect(allowed.at(-1)).toBeLessThanOrEqual(30 + 7);
  },
);
