import type { DriverSetting } from '../../delivery/driver-setting.js';
import { type Check, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import { parseHttpUrl } from '../../transport/http/http-url.js';

/** The URL of the service, as it is written. */
export const zaqarUrl: Check<string> = (value, setting) => {
  parseHttpUrl(String(value), setting);
  return String(value);
};

/** Source: zaqar/transport/validation.py, and the limits that the API documents. */
export const queueName = text({
  pattern: /^[A-Za-z0-9_.-]{1,64}$/,
  rule: 'a name of A-Z, a-z, 0-9, "_", "-" and ".", at most 64',
});
export const projectId = text({ pattern: /^[\x21-\x7e]{1,256}$/, rule: 'printable ASCII without spaces' });

/** A token, as a header can carry it; it is never shown. */
export const zaqarToken: Check<string> = (value, setting) => {
  if (typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value)) return value;
  throw new ConfigurationError(
    setting,
    'is no token; it takes printable ASCII without spaces, at most 8,192 characters',
  );
};

/** What an operator may set of the zaqar driver through the environment. */
export const zaqarSettings: readonly DriverSetting[] = [
  {
    env: 'ZAQAR_URL',
    option: 'url',
    check: zaqarUrl,
    secret: true,
    description: 'The Zaqar service, as https://host:port or http://…',
    default: 'http://localhost:8888',
  },
  {
    env: 'ZAQAR_QUEUE',
    option: 'queue',
    check: queueName,
    description: 'The queue that notifications are posted to; Zaqar makes it',
    default: 'notifications',
  },
  {
    env: 'ZAQAR_PROJECT_ID',
    option: 'projectId',
    check: projectId,
    description: 'Whose queue it is (X-Project-ID), for a Zaqar without Keystone',
  },
  {
    env: 'ZAQAR_TOKEN',
    option: 'token',
    check: zaqarToken,
    secret: true,
    description: 'A token of Keystone (X-Auth-Token); code may give a function that renews it',
  },
];
