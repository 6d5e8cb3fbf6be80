import type { DriverSetting } from '../../delivery/driver-setting.js';
import { amqpUrls } from '../../transport/amqp/url-source.js';
import { addressTemplate } from '../../transport/amqp1/address.js';

/** What an operator may set of the amqp1 driver through the environment. */
export const amqp1Settings: readonly DriverSetting[] = [
  {
    env: 'AMQP1_URL',
    option: 'url',
    check: amqpUrls,
    secret: true,
    description:
      'An AMQP 1.0 broker, as amqp://user:password@host:port/vhost or amqps://…; comma-separated for several',
    default: 'amqp://localhost:5672',
  },
  {
    env: 'AMQP1_ADDRESS',
    option: 'address',
    check: (value, setting) => {
      addressTemplate(value, setting);
      return value;
    },
    description:
      'Where to send: queue, oslo, rabbitmq3, rabbitmq3-queue, rabbitmq4, rabbitmq4-queue, or a template like {topic}.{priority}',
    default: 'queue, which is {topic}.{priority}',
  },
];
