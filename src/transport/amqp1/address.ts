import type { Check } from '../../notification/configuration.js';
import { shown } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import type { Notification } from '../../notification/notification.js';

/**
 * The known ways to address. Sources: oslo.messaging's routable addresses (oslo_messaging/_drivers/amqp1_driver/
 * addressing.py), RabbitMQ 3's plugin (rabbitmq_amqp1_0, README), RabbitMQ 4 (https://www.rabbitmq.com/docs/amqp#address-v2).
 */
const PRESETS = {
  queue: '{topic}.{priority}',
  oslo: 'openstack.org/om/notify/anycast{/vhost}/{exchange}/{topic}.{priority}',
  rabbitmq3: '/exchange/{exchange}/{topic}.{priority}',
  'rabbitmq3-queue': '/amq/queue/{topic}.{priority}',
  rabbitmq4: '/exchanges/{exchange}/{topic}.{priority}',
  'rabbitmq4-queue': '/queues/{topic}.{priority}',
} as const;

export type AddressPreset = keyof typeof PRESETS;

const PLACEHOLDER = /\{(\/?)([^{}]*)\}/g;
const NAMES = ['topic', 'priority', 'exchange', 'event_type', 'vhost'] as const;
const RULE = `one of ${Object.keys(PRESETS).join(', ')}, or a template of at most 500 printable characters with {${NAMES.join('}, {')}}, {/vhost} for a part that is left out where there is none`;

/** What an address is made of. */
export interface AddressParts {
  readonly topic: string;
  readonly notification: Pick<Notification, 'priority' | 'eventType'>;
  readonly exchange: string;
  readonly vhost: string | undefined;
}

/** Where messages are sent to, and received from, as a pattern. */
export interface AddressTemplate {
  /** What kind of address it is, by how it begins. */
  readonly kind: 'plain' | 'oslo' | 'rabbitmq';
  /** True where the virtual host is part of the address. */
  readonly hasVhost: boolean;
  /** True where it cannot do without a virtual host. */
  readonly needsVhost: boolean;
  /** True where each event type has an address of its own. */
  readonly hasEventType: boolean;
  /** True where it is an exchange of RabbitMQ, which nobody can receive from. */
  readonly isExchange: boolean;
  address(parts: AddressParts): string;
}

/** Reads the name of a preset or a template. Throws a ConfigurationError. */
export const addressTemplate: Check<AddressTemplate> = (written, setting) => {
  if (typeof written !== 'string' || !/^[^\p{Cc}\p{Cs}]{1,500}$/u.test(written)) {
    throw new ConfigurationError(setting, `is ${shown(written)}; it takes ${RULE}`);
  }
  const template = Object.hasOwn(PRESETS, written) ? PRESETS[written as AddressPreset] : written;
  const used = [...template.matchAll(PLACEHOLDER)].map(([whole, slash, name]) => ({ whole, slash, name }));
  for (const { whole, slash, name } of used) {
    const isKnown = slash === '/' ? name === 'vhost' : (NAMES as readonly unknown[]).includes(name);
    if (!isKnown) throw new ConfigurationError(setting, `has the placeholder ${shown(whole)}; it takes ${RULE}`);
  }
  if (/[{}]/.test(template.replaceAll(PLACEHOLDER, ''))) {
    throw new ConfigurationError(setting, `is ${shown(written)}, with a brace that belongs to none; it takes ${RULE}`);
  }
  const kind = kindOf(template);
  const encoded = encodingOf(template);
  return {
    kind,
    hasVhost: used.some(({ name }) => name === 'vhost'),
    needsVhost: used.some(({ name, slash }) => name === 'vhost' && slash === ''),
    hasEventType: used.some(({ name }) => name === 'event_type'),
    isExchange: /^\/(exchanges?|topic)\//.test(template),
    address({ topic, notification, exchange, vhost = '' }) {
      const values: Record<string, string> = { topic, exchange, vhost, event_type: notification.eventType };
      values.priority = notification.priority.toLowerCase();
      return template.replaceAll(PLACEHOLDER, (_, slash: string, name: string) => {
        const value = encoded(values[name] ?? '');
        return value === '' ? '' : slash + value;
      });
    },
  };
};

/** Found by experiment: RabbitMQ 3 decodes nothing but slashes. Others than RabbitMQ take an address as it is. */
function encodingOf(template: string): (value: string) => string {
  if (/^\/(exchanges|queues)\//.test(template)) return (value) => encodeURIComponent(value.toWellFormed());
  if (kindOf(template) === 'rabbitmq') return (value) => value.replaceAll('/', '%2F');
  return (value) => value;
}

function kindOf(template: string): AddressTemplate['kind'] {
  if (template.startsWith('openstack.org/om/')) return 'oslo';
  return /^\/(exchanges?|queues?|topic|amq\/queue)\//.test(template) ? 'rabbitmq' : 'plain';
}
