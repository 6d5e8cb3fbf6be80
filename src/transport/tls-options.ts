import type { ConnectionOptions } from 'node:tls';
import { type Check, shown } from '../notification/configuration.js';
import { ConfigurationError, errorText } from '../notification/errors.js';
import { builtin } from './builtin.js';

/** Options of `tls.connect()`; certificates and keys are read here, so that what is wrong with them is told at once. */
export const tlsOptions: Check<ConnectionOptions> = (value, setting) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(setting, `is ${shown(value)}; it takes an object of options of tls.connect()`);
  }
  try {
    builtin('node:tls').createSecureContext(value);
  } catch (error) {
    throw new ConfigurationError(setting, `holds what cannot be used for TLS: ${errorText(error)}`);
  }
  return value;
};
