import { ConfigurationError } from '../../notification/errors.js';

/** The address of an HTTP server, taken apart, its credentials apart from the rest. */
export interface HttpUrl {
  readonly isSecure: boolean;
  /** What is sent in the clear to here stays on this host. */
  readonly isLoopback: boolean;
  /** What `http.request()` takes. */
  readonly target: { readonly hostname: string; readonly port: number; readonly path: string };
  /** The header for the credentials of the URL; empty where it has none. */
  readonly headers: Readonly<Record<string, string>>;
  /** For people: scheme, host and port. Path and query are left out: in many webhooks they are the secret. */
  readonly shown: string;
}

const DEFAULT_PORT = { 'http:': 80, 'https:': 443 } as const;

export const HTTP_URL_RULE = 'https://host:port/path or http://…';

/** Takes a URL apart. Throws a ConfigurationError that blames `setting` and shows nothing of the URL. */
export function parseHttpUrl(url: string, setting: string): HttpUrl {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const { protocol } = parsed ?? {};
  if (parsed === undefined || (protocol !== 'http:' && protocol !== 'https:')) {
    throw new ConfigurationError(setting, `is not the URL of an HTTP server; it takes ${HTTP_URL_RULE}`);
  }
  const port = parsed.port === '' ? DEFAULT_PORT[protocol] : Number(parsed.port);
  // The brackets of an IPv6 address belong to the URL, not to the host.
  const hostname = parsed.hostname.replace(/^\[|\]$/g, '');
  const { username, password } = parsed;
  return {
    isSecure: protocol === 'https:',
    isLoopback: hostname === 'localhost' || hostname === '::1' || hostname.startsWith('127.'),
    target: { hostname, port, path: parsed.pathname + parsed.search },
    headers:
      username === '' && password === '' ? {} : basicAuth(decoded(username, setting), decoded(password, setting)),
    shown: `${protocol}//${parsed.hostname}:${port}`,
  };
}

/** The header of HTTP's basic authentication (RFC 7617, in UTF-8). */
export function basicAuth(username: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

function decoded(text: string, setting: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigurationError(setting, 'is a URL with a "%" that begins no percent-encoded character (% is %25)');
  }
}
