import { describe } from 'vitest';
import { ZaqarDriver } from '../../src/drivers/zaqar/index.js';
import { describeDriverConformance } from '../support/driver-conformance.js';
import { consumedFrom } from '../support/plain-consumer.js';
import { ZaqarServer } from '../support/zaqar-server.js';

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
    { maxPayloadBytes: 250_000 },
  );
});
