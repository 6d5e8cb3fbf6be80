import type { DriverSetting } from '../../delivery/driver-setting.js';
import { type Check, oneOf, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import { AMQP_URL_RULE, parseAmqpUrl } from '../../transport/amqp/amqp-url.js';

/**
 * One AMQP URL or several of one cluster: comma-separated text or an array of texts. What is refused is never shown:
 * any part of a mistyped URL may be the password.
 */
export const amqpUrls: Check<readonly string[]> = (value, setting) => {
  const entries = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value;
  const urls = Array.isArray(entries) ? entries.filter((entry) => entry !== '') : [];
  if (urls.length === 0 || urls.some((url) => typeof url !== 'string')) {
    throw new ConfigurationError(setting, `holds no URL; it takes ${AMQP_URL_RULE}, comma-separated for a cluster`);
  }
  for (const [index, url] of urls.entries()) {
    parseAmqpUrl(url, urls.length === 1 ? setting : `${setting} (entry ${index + 1} of ${urls.length})`);
  }
  return urls;
};

/** The name of an exchange. */
export const exchangeName = text({ pattern: /^[^\p{Cc}]{1,127}$/u, rule: 'a name of at most 127 characters' });
export const compatMode = oneOf('oslo');
export const declareMode = oneOf('auto', 'none');

/** What an operator may set of the rabbit driver through the environment. */
export const rabbitSettings: readonly DriverSetting[] = [
  {
    env: 'AMQP_URL',
    option: 'url',
    check: amqpUrls,
    takes: 'URLs, comma-separated',
    secret: true,
    description: 'RabbitMQ, as amqp://user:password@host:port/vhost or amqps://…; comma-separated for a cluster',
    default: 'amqp://localhost:5672',
  },
  {
    env: 'AMQP_EXCHANGE',
    option: 'exchange',
    check: exchangeName,
    description: 'The topic exchange that notifications are published to',
    default: 'tidings; openstack with AMQP_COMPAT=oslo',
  },
  {
    env: 'AMQP_COMPAT',
    option: 'compat',
    check: compatMode,
    description: 'oslo: exchange and queues exactly as OpenStack services declare them (not durable)',
  },
  {
    env: 'AMQP_DECLARE',
    option: 'declare',
    check: declareMode,
    description: 'auto: declares the exchange and the queues that do not exist; none: an operator has made them',
    default: 'auto',
  },
];
