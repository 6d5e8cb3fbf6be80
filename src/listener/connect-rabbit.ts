import { hostname } from 'node:os';
import { AmqpConnection } from '../transport/amqp/amqp-connection.js';
import { currentUrls } from '../transport/amqp/url-source.js';
import { RabbitSession } from './rabbit-session.js';
import type { Connect } from './session.js';

/** Connects to RabbitMQ. */
export const connectRabbit: Connect = async (parts, signal) => {
  const { urls, heartbeatMs, connectTimeoutMs, tls } = parts.settings;
  const wait = { driver: 'listener', needsTls: tls !== undefined, timeoutMs: connectTimeoutMs, signal };
  const connection = await AmqpConnection.open({
    urls: await currentUrls(urls, wait),
    connectionName: `tidings listener ${hostname()} ${process.pid}`,
    heartbeatMs,
    connectTimeoutMs,
    signal,
    blocked: (address, reason) => {
      const held = 'what has failed is held until it does';
      parts.reporter.warn('blocked', () => `the broker at ${address} takes nothing for now (${reason}): ${held}`);
    },
    ...(tls === undefined ? undefined : { tls }),
  });
  return {
    consume: (lost) => RabbitSession.open(connection, parts, lost),
    close: () => connection.close(),
  };
};
