import { DeliveryError } from '../notification/errors.js';
import { currentUrls } from '../transport/amqp/url-source.js';
import { Amqp1Connection } from '../transport/amqp1/amqp1-connection.js';
import { checkVhost } from '../transport/amqp1/identity.js';
import type { Rhea } from '../transport/amqp1/rhea.js';
import type { Amqp1SourceSettings } from './amqp1-options.js';
import { Amqp1Session } from './amqp1-session.js';
import type { Connect } from './session.js';

/** Connects to a peer by AMQP 1.0. */
export function connectAmqp1(rhea: Rhea, source: Amqp1SourceSettings): Connect {
  return async (parts, signal) => {
    const { urls, heartbeatMs, connectTimeoutMs, tls, prefetch, temporary } = parts.settings;
    const { template, sasl, hostname, containerId } = source;
    const wait = { driver: 'listener', needsTls: tls !== undefined, timeoutMs: connectTimeoutMs, signal };
    const connection = await Amqp1Connection.open({
      rhea,
      urls: await currentUrls(urls, wait),
      containerId: containerId(),
      hostname,
      sasl,
      // Only dead letters are sent, each for a message that is here.
      window: prefetch,
      heartbeatMs,
      connectTimeoutMs,
      tls,
      signal,
    });
    await checkVhost(connection, template, source);
    if (temporary) await checkTemporary(connection);
    return {
      consume: (lost) => Amqp1Session.open(rhea, connection, source, parts, lost),
      close: () => connection.close(),
    };
  };
}

/**
 * Closes and rejects at RabbitMQ: of a plain name it takes from the queue, whatever capabilities are asked for, and the
 * queue that it binds to an exchange for a receiver stays when he is gone (found by experiment, 3.10).
 */
async function checkTemporary(connection: Amqp1Connection): Promise<void> {
  if (connection.product !== 'RabbitMQ') return;
  await connection.close();
  throw new DeliveryError(
    `the broker at ${connection.url.shown}: it is RabbitMQ, which has no temporary queues for AMQP 1.0: use its own protocol, which it speaks at the same port`,
  );
}
