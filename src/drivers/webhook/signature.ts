import { createHmac } from 'node:crypto';

/**
 * The signature of Standard Webhooks, version 1: HMAC-SHA256 over `<id>.<timestamp>.<body>`.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function hmacOf(key: Buffer, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

/** The header `webhook-signature`: one signature for each key, so that a receiver may know either. */
export function signatureHeader(keys: readonly Buffer[], id: string, timestamp: string, body: string): string {
  return keys.map((key) => `v1,${hmacOf(key, id, timestamp, body).toString('base64')}`).join(' ');
}
