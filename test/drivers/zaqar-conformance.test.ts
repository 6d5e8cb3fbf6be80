import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { ZaqarDriver } from '../../src/drivers/zaqar/index.js';
import { type Consumed, type DriverHarness, describeDriverConformance } from '../support/driver-conformance.js';
import { consumedFrom } from '../support/plain-consumer.js';
import { ZaqarServer } from '../support/zaqar-server.js';

const MAX = { maxPayloadBytes: 250_000 };
/** A Zaqar without Keystone (`auth_strategy` empty), where there is one. */
const real = process.env.TIDINGS_TEST_ZAQAR_URL;

describe('against a server with the limits of Zaqar', () => {
  describeDriverConformance(
    'zaqar',
    async () => {
      const zaqar = await ZaqarServer.start();
      return {
        driver: new ZaqarDriver({ url: zaqar.url, projectId: 'p-1' }),
        async consumed(count) {
          for (let requests = 1; zaqar.queue().length < count; requests += 1) await zaqar.http.requests(requests);
          return zaqar.queue().map(({ body }) => consumedFrom(body));
        },
      };
    },
    MAX,
  );
});

describe.skipIf(real === undefined)('against the Zaqar of TIDINGS_TEST_ZAQAR_URL', () => {
  const PAGE = 20;
  const headers = { 'client-id': randomUUID(), 'x-project-id': 'tidings-test' };

  /** All that is in a queue, page by page. */
  async function messagesOf(queue: string): Promise<Consumed[]> {
    const consumed: Consumed[] = [];
    let next = `/v2/queues/${queue}/messages?echo=true&limit=${PAGE}`;
    for (;;) {
      const response = await fetch(`${real}${next}`, { headers });
      const page = (await response.json()) as {
        messages: { body: unknown }[];
        links: { rel: string; href: string }[];
      };
      consumed.push(...page.messages.map(({ body }) => consumedFrom(body)));
      // Its redis store takes seconds over a page that is beyond the end.
      if (page.messages.length < PAGE) return consumed;
      next = page.links.find(({ rel }) => rel === 'next')?.href as string;
    }
  }

  async function start(): Promise<DriverHarness> {
    const queue = randomUUID();
    return {
      driver: new ZaqarDriver({ url: real as string, projectId: 'tidings-test', queue, ttl: 60 }),
      async consumed(count) {
        for (;;) {
          const consumed = await messagesOf(queue);
          if (consumed.length >= count) return consumed;
        }
      },
      dispose: async () => void (await fetch(`${real}/v2/queues/${queue}`, { method: 'DELETE', headers })),
    };
  }

  describeDriverConformance('zaqar', start, MAX);
});
