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
    const { urls, heartbeatMs, connectTimeoutMs, tls, prefetch } = parts.settings;
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
    return {
      consume: (lost) => Amqp1Session.open(rhea, connection, source, parts, lost),
      close: () => connection.close(),
    };
  };
}
