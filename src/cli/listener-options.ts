import type { ListenerOptions } from '../listener/index.js';

/** The options of `parseArgs()` for the broker of `tail` and `send`. */
export const BROKER_FLAGS = {
  url: { type: 'string' },
  exchange: { type: 'string' },
  oslo: { type: 'boolean' },
  topic: { type: 'string', multiple: true },
} as const;

export const BROKER_USAGE = `  --url URL        default: TIDINGS_AMQP_URL, else amqp://localhost:5672
  --exchange NAME  default: TIDINGS_AMQP_EXCHANGE, else tidings, with --oslo openstack
  --oslo           exchange and queues as OpenStack declares them; also by TIDINGS_AMQP_COMPAT=oslo
  --topic TOPIC    may be given several times; default: TIDINGS_TOPICS, else notifications`;

export interface BrokerFlags {
  readonly url?: string | undefined;
  readonly exchange?: string | undefined;
  readonly oslo?: boolean | undefined;
  readonly topic?: readonly string[] | undefined;
}

/** What the flags say, else the environment. */
export function brokerOptions({ url, exchange, oslo, topic }: BrokerFlags): ListenerOptions {
  const { TIDINGS_AMQP_URL, TIDINGS_AMQP_EXCHANGE, TIDINGS_AMQP_COMPAT, TIDINGS_TOPICS } = process.env;
  const isOslo = oslo ?? TIDINGS_AMQP_COMPAT === 'oslo';
  const given = {
    url: url ?? TIDINGS_AMQP_URL,
    exchange: exchange ?? TIDINGS_AMQP_EXCHANGE,
    topics: topic ?? TIDINGS_TOPICS,
    compat: isOslo ? 'oslo' : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''));
}
