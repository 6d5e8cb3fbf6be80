import { timingSafeEqual } from 'node:crypto';
import { TidingsError } from '../../notification/errors.js';
import { secretKeys } from './secret.js';
import { hmacOf } from './signature.js';

/** The headers of a request: those of Node's `IncomingMessage`, of fetch's `Request`, or any object. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyWebhookOptions {
  /** How far `webhook-timestamp` may be from this host's clock, before and after, in seconds. Default: 300. */
  readonly toleranceSeconds?: number;
}

/** What a verified request says of itself. */
export interface VerifiedWebhook {
  /** The header `webhook-id`: the same for each attempt, so drop what you have seen. */
  readonly webhookId: string;
  /** When it was sent. */
  readonly sentAt: Date;
}

/** A request was not signed with any of the secrets, or not lately: answer 401 and do not look at it. */
export class WebhookVerificationError extends TidingsError {
  constructor(message: string) {
    super('VERIFICATION_FAILED', message);
    this.name = 'WebhookVerificationError';
  }
}

const DEFAULT_TOLERANCE_SECONDS = 300;

/**
 * Checks the signature of a request that a webhook driver, or any other sender of Standard Webhooks, has made. `body` is
 * the body as it came, before anybody parsed it. `secrets`: `whsec_…`, several (an array, or comma-separated) while one
 * is replaced. Throws a {@link WebhookVerificationError} where it does not hold, and a ConfigurationError for a secret
 * that is none.
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secrets: string | readonly string[],
  options: VerifyWebhookOptions = {},
): VerifiedWebhook {
  const keys = secretKeys(secrets, 'secrets');
  const header = readerOf(headers);
  const id = header('webhook-id');
  const timestamp = header('webhook-timestamp');
  const signatures = header('webhook-signature');
  if (!id || !timestamp || !signatures) {
    throw new WebhookVerificationError('the header webhook-id, webhook-timestamp or webhook-signature is missing');
  }
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  const tolerance = options.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  // Written so that a timestamp that is no number is refused too.
  if (!(Math.abs(Date.now() / 1_000 - seconds) <= tolerance)) {
    throw new WebhookVerificationError(`webhook-timestamp is not within ${tolerance} s of this host's clock`);
  }
  const given = signatures.split(' ').flatMap((signature) => (signature.startsWith('v1,') ? [signature.slice(3)] : []));
  const expected = keys.map((key) => hmacOf(key, id, timestamp, body));
  if (!given.some((signature) => expected.some((digest) => isSame(Buffer.from(signature, 'base64'), digest)))) {
    throw new WebhookVerificationError('no signature in webhook-signature is of one of the secrets');
  }
  return { webhookId: id, sentAt: new Date(seconds * 1_000) };
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function readerOf(headers: WebhookHeaders): (name: string) => string | undefined {
  if (typeof headers.get === 'function') {
    const { get } = headers as { get(name: string): string | null | undefined };
    return (name) => get.call(headers, name) ?? undefined;
  }
  const entries = Object.entries(headers as Record<string, string | readonly string[] | undefined>);
  const values = new Map(entries.map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = values.get(name);
    return typeof value === 'string' ? value : value?.[0];
  };
}
