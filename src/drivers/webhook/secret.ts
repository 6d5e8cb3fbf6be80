import type { Check } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';

/** Gives the current secret or secrets, for secrets that change. Asked for each request. */
export type WebhookSecretFunction = () => string | readonly string[] | Promise<string | readonly string[]>;

const PREFIX = 'whsec_';
const RULE =
  "'whsec_' and 24 to 64 random bytes in base64, as Standard Webhooks has it (make one: echo whsec_$(openssl rand -base64 32))";

/**
 * The keys of one secret or of several: an array, or comma-separated text. Throws a ConfigurationError that says what is
 * wrong and shows nothing of a secret.
 */
export const secretKeys: Check<readonly Buffer[]> = (value, setting) => {
  const entries = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value;
  const secrets = Array.isArray(entries) ? entries.filter((entry) => entry !== '') : [];
  if (secrets.length === 0) throw new ConfigurationError(setting, `holds no secret; it takes ${RULE}`);
  return secrets.map((secret, index) =>
    keyOf(secret, secrets.length === 1 ? setting : `${setting} (secret ${index + 1} of ${secrets.length})`),
  );
};

function keyOf(secret: unknown, setting: string): Buffer {
  if (typeof secret !== 'string' || !secret.startsWith(PREFIX)) {
    throw new ConfigurationError(setting, `is no webhook secret; it takes ${RULE}`);
  }
  const encoded = secret.slice(PREFIX.length);
  const key = Buffer.from(encoded, 'base64');
  // Buffer.from() skips what is not base64.
  if (key.toString('base64') !== encoded) {
    throw new ConfigurationError(setting, `is a webhook secret whose base64 is damaged; it takes ${RULE}`);
  }
  if (key.length < 24 || key.length > 64) {
    throw new ConfigurationError(setting, `is a webhook secret of ${key.length} bytes; it takes ${RULE}`);
  }
  return key;
}
