import { describe, expect, it } from 'vitest';
import { uniqueName } from '../support/amqp-probe.js';
import { NEST_MAJORS, NestApp, USUAL_FORMAT } from '../support/nest-app.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

describe.skipIf(sharedBroker() === undefined)('the listener of an application', () => {
  const rabbit = new RabbitFixture();

  it.each(NEST_MAJORS)(
    'calls the handlers of its providers, and ends before they do (Nest %i)',
    {
      timeout: 5 * 60_000,
    },
    async (major) => {
      const app = await NestApp.compile('nest-service', major, USUAL_FORMAT[major]);
      const exchange = uniqueName('nest');
      expect(await app.run('listening.js', rabbit.url, exchange)).toEqual({
        first: 'bootstrapped',
        heard: [
          'bootstrapped',
          'controller: thumbnail.create r1',
          'provider: image.broken r3',
          'provider: image.create r1',
          'provider: image.last r4',
          'provider: image.update r2',
          expect.stringMatching(/^request-scoped [12]: image\.create r1/),
          expect.stringMatching(/^request-scoped [12]: image\.update r2/),
          'transient: 2 at once',
        ],
        withoutListener: ['bootstrapped', 'bootstrapped', 'bootstrapped'],
        ended: true,
      });
    },
  );
});
