import { parseAmqpUrl } from '../amqp/amqp-url.js';

/** The address of an AMQP 1.0 peer, taken apart. */
export interface Amqp1Url {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  /** Absent where the URL names none. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
  /** Absent where the URL names none. */
  readonly vhost: string | undefined;
  /** The address without the password, for people. */
  readonly shown: string;
  readonly secrets: readonly string[];
}

/**
 * Takes the URL of an AMQP 1.0 peer apart; other than with AMQP 0-9-1 nobody is `guest` by default. Throws a
 * ConfigurationError that blames `setting` and shows nothing of the URL.
 */
export function parseAmqp1Url(url: string, setting = 'url'): Amqp1Url {
  const parsed = parseAmqpUrl(url, setting);
  const { username, password } = new URL(url);
  const isAnonymous = username === '' && password === '';
  const { protocol, hostname, port, vhost, secrets } = parsed;
  return {
    protocol,
    hostname,
    port,
    login: isAnonymous ? undefined : { user: parsed.user, password: parsed.password },
    vhost: vhost === '/' ? undefined : vhost,
    shown: isAnonymous ? parsed.shown.replace('//guest@', '//') : parsed.shown,
    secrets,
  };
}
