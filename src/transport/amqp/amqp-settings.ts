import type { ConnectionOptions } from 'node:tls';
import { oneOf, shown, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';

/** The name of an exchange. */
export const exchangeName = text({ pattern: /^[^\p{Cc}]{1,127}$/u, rule: 'a name of at most 127 characters' });
export const compatMode = oneOf('oslo');
export const declareMode = oneOf('auto', 'none');

export function tlsOptions(value: unknown, setting: string): ConnectionOptions {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new ConfigurationError(setting, `is ${shown(value)}; it takes an object of options of tls.connect()`);
}
