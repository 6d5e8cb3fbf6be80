import { describe } from 'vitest';
import { WebhookDriver, type WebhookOptions } from '../../src/drivers/webhook/index.js';
import { describeDriverConformance } from '../support/driver-conformance.js';
import { HttpServer } from '../support/http-server.js';
import { consumedFrom } from '../support/plain-consumer.js';

describe.each<[string, Omit<WebhookOptions, 'url'>]>([
  ['one notification for each request', {}],
  ['arrays', { batch: { size: 50 } }],
])('against an HTTP server, %s', (_, options) => {
  describeDriverConformance('webhook', async () => {
    const server = await HttpServer.start();
    return {
      driver: new WebhookDriver({ url: `${server.url}/hook`, ...options }),
      async consumed(count) {
        for (let requests = 1; ; requests += 1) {
          const received = await server.requests(requests);
          const consumed = received.flatMap(({ body }) => [JSON.parse(body)].flat()).map(consumedFrom);
          if (consumed.length >= count) return consumed;
        }
      },
    };
  });
});
