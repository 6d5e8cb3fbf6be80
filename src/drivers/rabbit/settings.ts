import type { DriverSetting } from '../../delivery/driver-setting.js';
import { compatMode, declareMode, exchangeName } from '../../transport/amqp/amqp-settings.js';
import { amqpUrls } from '../../transport/amqp/url-source.js';

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
    default: 'tidings; openstack with TIDINGS_AMQP_COMPAT=oslo',
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
