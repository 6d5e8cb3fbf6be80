import { ConfigurationError } from '../../notification/errors.js';

/** A broker's address, taken apart. */
export interface AmqpUrl {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** `/` where the URL names none. */
  readonly vhost: string;
  /** The address without the password, for people: `amqp://user@host:5672/vhost`. */
  readonly shown: string;
  /** Every way in which the password may be written in a text; none for a password that equals the user's name. */
  readonly secrets: readonly string[];
}

const DEFAULT_PORT = { amqp: 5672, amqps: 5671 } as const;

/** What {@link parseAmqpUrl} takes, for error messages. */
export const AMQP_URL_RULE =
  'amqp://user:password@host:port/vhost or amqps://… (special characters in a password are written percent-encoded: @ is %40, / is %2F)';

/**
 * Takes an AMQP URL apart as https://www.rabbitmq.com/docs/uri-spec describes; user and password default to `guest`.
 * Throws a ConfigurationError that blames `setting` and shows nothing of the URL.
 */
export function parseAmqpUrl(url: string, setting = 'url'): AmqpUrl {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const protocol = parsed?.protocol.slice(0, -1);
  if (parsed === undefined || parsed.hostname === '' || (protocol !== 'amqp' && protocol !== 'amqps')) {
    throw new ConfigurationError(setting, `is not the URL of an AMQP broker; it takes ${AMQP_URL_RULE}`);
  }
  const anonymous = parsed.username === '' && parsed.password === '';
  const user = anonymous ? 'guest' : decoded(parsed.username, setting);
  const password = anonymous ? 'guest' : decoded(parsed.password, setting);
  const vhost = decoded(parsed.pathname.slice(1), setting) || '/';
  const port = parsed.port === '' ? DEFAULT_PORT[protocol] : Number(parsed.port);
  const path = vhost === '/' ? '/' : `/${encodeURIComponent(vhost)}`;
  return {
    protocol,
    // The brackets of an IPv6 address belong to the URL, not to the host.
    hostname: parsed.hostname.replace(/^\[|\]$/g, ''),
    port,
    user,
    password,
    vhost,
    shown: `${protocol}://${encodeURIComponent(user)}@${parsed.hostname}:${port}${path}`,
    secrets: secretForms(user, password, parsed.password),
  };
}

function decoded(text: string, setting: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigurationError(setting, `is a URL with a "%" that begins no percent-encoded character (% is %25)`);
  }
}

function secretForms(user: string, password: string, written: string): readonly string[] {
  if (password === '' || password === user) return [];
  const forms = new Set([password, written, encodeURIComponent(password), encodeURI(password)]);
  forms.delete('');
  // The longest first: what contains another must not be cut into pieces.
  return [...forms].sort((one, other) => other.length - one.length);
}
