export type { BasicAuth } from '../../transport/http/http-options.js';
export type { WebhookEndpoint, WebhookOptions } from './options.js';
export type { WebhookSecretFunction } from './secret.js';
export {
  type VerifiedWebhook,
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookHeaders,
  WebhookVerificationError,
} from './verify-webhook.js';
export { WebhookDriver } from './webhook-driver.js';
