import { randomBytes } from 'node:crypto';

/** A secret as Standard Webhooks writes it. */
export function newSecret(bytes = 32): string {
  return `whsec_${randomBytes(bytes).toString('base64')}`;
}
