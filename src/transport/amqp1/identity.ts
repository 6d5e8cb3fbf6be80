import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { oneOf, text } from '../../notification/configuration.js';
import { ConfigurationError, DeliveryError } from '../../notification/errors.js';
import type { UrlSource } from '../amqp/url-source.js';
import type { AddressTemplate } from './address.js';
import type { Amqp1Connection } from './amqp1-connection.js';
import { type Amqp1Url, parseAmqp1Url } from './amqp1-url.js';
import type { SaslMechanism } from './sasl.js';

/** Who the client says it is, and whom it asks for. */
export interface Amqp1Identity {
  readonly sasl: (url: Amqp1Url) => SaslMechanism;
  readonly hostname: (url: Amqp1Url) => string;
  /** True where the user has said what it is. */
  readonly isHostnameGiven: boolean;
  readonly containerId: () => string;
}

const name255 = text({ pattern: /^[^\p{Cc}]{1,255}$/u, rule: 'a name of at most 255 characters' });

/** The options of whoever connects by AMQP 1.0. */
export const identityOptions = {
  sasl: oneOf('plain', 'anonymous', 'external'),
  hostname: name255,
  containerId: name255,
};

interface Checked {
  readonly sasl?: SaslMechanism;
  readonly hostname?: string;
  readonly containerId?: string;
  readonly tls?: ConnectionOptions;
}

/** The options and their defaults. Throws a ConfigurationError that names `owner` where they do not fit the URLs. */
export function identityOf(owner: string, checked: Checked, template: AddressTemplate, urls: UrlSource): Amqp1Identity {
  if (typeof urls !== 'function') checkAgainstUrls(owner, checked, template, urls);
  return {
    sasl: (url) => checked.sasl ?? defaultMechanism(url, checked.tls),
    hostname: (url) => checked.hostname ?? defaultHostname(url, template),
    isHostnameGiven: checked.hostname !== undefined,
    containerId: () =>
      checked.containerId ?? `tidings-${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`.slice(-255),
  };
}

/** Closes and rejects where the peer would not use the virtual host: RabbitMQ takes any other host for its default one. */
export async function checkVhost(
  connection: Amqp1Connection,
  template: AddressTemplate,
  { isHostnameGiven }: Amqp1Identity,
): Promise<void> {
  const { vhost, shown } = connection.url;
  if (connection.product !== 'RabbitMQ' || vhost === undefined) return;
  if (isHostnameGiven || template.hasVhost || template.kind === 'rabbitmq') return;
  await connection.close();
  throw new DeliveryError(
    `the broker at ${shown}: it is RabbitMQ, which would not use the virtual host '${vhost}': set the option hostname to 'vhost:${vhost}', or the option address to one of RabbitMQ's`,
  );
}

function checkAgainstUrls(
  owner: string,
  { sasl, tls }: Checked,
  template: AddressTemplate,
  urls: readonly string[],
): void {
  const parsed = urls.map((url) => parseAmqp1Url(url, `${owner}.url`));
  if (tls !== undefined && !parsed.some(({ protocol }) => protocol === 'amqps')) {
    throw new ConfigurationError(`${owner}.tls`, 'has no effect: no URL begins with amqps://');
  }
  if (sasl === 'plain' && parsed.some(({ login }) => login === undefined)) {
    throw new ConfigurationError(`${owner}.sasl`, "is 'plain', which needs a user and a password in each URL");
  }
  if (sasl !== undefined && sasl !== 'plain' && parsed.some(({ login }) => login !== undefined)) {
    throw new ConfigurationError(`${owner}.sasl`, `is '${sasl}', but a URL has a user: take out the one or the other`);
  }
  if (sasl === 'external' && !hasCertificate(tls)) {
    throw new ConfigurationError(
      `${owner}.sasl`,
      "is 'external', which needs a client certificate (tls.cert and tls.key)",
    );
  }
  if (template.needsVhost && parsed.some(({ vhost }) => vhost === undefined)) {
    throw new ConfigurationError(
      `${owner}.address`,
      'has {vhost}, but a URL names no virtual host; it takes {/vhost} for a part that is left out then',
    );
  }
}

function defaultMechanism({ login }: Amqp1Url, tls: ConnectionOptions | undefined): SaslMechanism {
  if (login !== undefined) return 'plain';
  return hasCertificate(tls) ? 'external' : 'anonymous';
}

function hasCertificate(tls: ConnectionOptions | undefined): boolean {
  return tls?.cert !== undefined || tls?.pfx !== undefined || tls?.secureContext !== undefined;
}

function defaultHostname({ vhost, hostname: host }: Amqp1Url, template: AddressTemplate): string {
  if (vhost === undefined || template.hasVhost) return host;
  return template.kind === 'rabbitmq' ? `vhost:${vhost}` : vhost;
}
