import type { ListenerOptions } from '../listener/index.js';
import { oneOf } from '../notification/configuration.js';
import { UsageError } from './usage-error.js';

/** The options of `parseArgs()` for the broker of `tail` and `send`. */
export const BROKER_FLAGS = {
  url: { type: 'string' },
  exchange: { type: 'string' },
  oslo: { type: 'boolean' },
  protocol: { type: 'string' },
  address: { type: 'string' },
  topic: { type: 'string', multiple: true },
} as const;

export const BROKER_USAGE = `  --url URL        default: TIDINGS_AMQP_URL, else amqp://localhost:5672
  --exchange NAME  default: TIDINGS_AMQP_EXCHANGE, else tidings, with --oslo openstack
  --oslo           exchange and queues as OpenStack declares them; also by TIDINGS_AMQP_COMPAT=oslo
  --protocol NAME  rabbit, the default, or amqp1: AMQP 1.0, at --url or TIDINGS_AMQP1_URL; it needs the package rhea
  --address ADDRESS
                   by AMQP 1.0, a preset or a template: {topic}.{priority}; default: TIDINGS_AMQP1_ADDRESS, else queue
  --topic TOPIC    may be given several times; default: TIDINGS_TOPICS, else notifications`;

export interface BrokerFlags {
  readonly url?: string | undefined;
  readonly exchange?: string | undefined;
  readonly oslo?: boolean | undefined;
  readonly protocol?: string | undefined;
  readonly address?: string | undefined;
  readonly topic?: readonly string[] | undefined;
}

/** What the flags say, else the environment. Throws for flags of the other protocol. */
export function brokerOptions(flags: BrokerFlags): ListenerOptions {
  const { exchange, topic } = flags;
  const { TIDINGS_AMQP_EXCHANGE, TIDINGS_TOPICS } = process.env;
  const isAmqp1 = oneOf('rabbit', 'amqp1')(flags.protocol ?? 'rabbit', '--protocol') === 'amqp1';
  const given = {
    exchange: exchange ?? (isAmqp1 ? undefined : TIDINGS_AMQP_EXCHANGE),
    topics: topic ?? TIDINGS_TOPICS,
    ...(isAmqp1 ? amqp1Options(flags) : rabbitOptions(flags)),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''));
}

function rabbitOptions({ url, oslo, address }: BrokerFlags) {
  if (address !== undefined) throw new UsageError('--address goes with --protocol amqp1');
  const { TIDINGS_AMQP_URL, TIDINGS_AMQP_COMPAT } = process.env;
  const isOslo = oslo ?? TIDINGS_AMQP_COMPAT === 'oslo';
  return { url: url ?? TIDINGS_AMQP_URL, compat: isOslo ? 'oslo' : undefined };
}

function amqp1Options({ url, oslo, address }: BrokerFlags) {
  if (oslo === true) throw new UsageError('--oslo is for RabbitMQ; by AMQP 1.0 it is --address oslo');
  const { TIDINGS_AMQP1_URL, TIDINGS_AMQP1_ADDRESS } = process.env;
  return { protocol: 'amqp1', url: url ?? TIDINGS_AMQP1_URL, address: address ?? TIDINGS_AMQP1_ADDRESS };
}
