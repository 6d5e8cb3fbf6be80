import { type Check, knownKeys, shown } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';

/** The user and the password of HTTP's basic authentication. */
export interface BasicAuth {
  readonly username: string;
  readonly password: string;
}

export const basicAuthOption: Check<BasicAuth> = (value, setting) => {
  const rule = 'it takes { username, password }, texts, the username without ":"';
  if (typeof value !== 'object' || value === null) throw new ConfigurationError(setting, `is no credentials; ${rule}`);
  knownKeys(value, ['username', 'password'], setting);
  const { username, password } = value as Record<string, unknown>;
  if (typeof username !== 'string' || typeof password !== 'string' || username.includes(':')) {
    throw new ConfigurationError(setting, `is no credentials; ${rule}`);
  }
  return { username, password };
};

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A text that a header may have as its value: no line end, nothing beyond ASCII. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/**
 * Headers for every request, their names in lower case. `reserved`: names that the driver sets itself; one that ends in
 * `-` stands for all that begin so. The values are never shown: they may be credentials.
 */
export function headerOptions(reserved: readonly string[]): Check<Readonly<Record<string, string>>> {
  return (value, setting) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(setting, `is ${shown(value)}; it takes an object of header names and texts`);
    }
    const headers: Record<string, string> = {};
    for (const [name, text] of Object.entries(value)) {
      const lower = name.toLowerCase();
      if (!HEADER_NAME.test(name)) throw new ConfigurationError(setting, `has ${shown(name)}, which names no header`);
      if (reserved.some((each) => lower === each || (each.endsWith('-') && lower.startsWith(each)))) {
        throw new ConfigurationError(`${setting}.${lower}`, 'is a header that the driver sets itself; leave it out');
      }
      if (typeof text !== 'string' || !HEADER_VALUE.test(text)) {
        throw new ConfigurationError(`${setting}.${lower}`, 'is no header value; it takes printable ASCII text');
      }
      if (lower in headers) throw new ConfigurationError(`${setting}.${lower}`, 'is there twice; names know no case');
      headers[lower] = text;
    }
    return headers;
  };
}

/** The headers that belong to HTTP itself, which nobody but the client may set. */
export const FRAMING_HEADERS = [
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;
