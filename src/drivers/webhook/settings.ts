import type { DriverSetting } from '../../delivery/driver-setting.js';
import type { Check } from '../../notification/configuration.js';
import { parseHttpUrl } from '../../transport/http/http-url.js';
import { secretKeys } from './secret.js';

/** The URL of an endpoint, as it is written. */
export const webhookUrl: Check<string> = (value, setting) => {
  parseHttpUrl(String(value), setting);
  return String(value);
};

/** What an operator may set of the webhook driver through the environment: one endpoint. */
export const webhookSettings: readonly DriverSetting[] = [
  {
    env: 'WEBHOOK_URL',
    option: 'url',
    overriddenBy: ['endpoints'],
    check: webhookUrl,
    secret: true,
    description: 'Where notifications are posted, as https://user:password@host/path or http://…',
  },
  {
    env: 'WEBHOOK_SECRET',
    option: 'secret',
    overriddenBy: ['secrets', 'endpoints'],
    check: (value, setting) => {
      secretKeys(value, setting);
      return value;
    },
    secret: true,
    description: 'Signs them: whsec_… of Standard Webhooks; two, comma-separated, while one is replaced',
    default: 'not signed',
  },
];
