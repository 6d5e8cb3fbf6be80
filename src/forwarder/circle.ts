import { resolve } from 'node:path';
import { addressesOf } from '../listener/amqp1-options.js';
import { type Environment, environmentValue } from '../setup/environment.js';
import type { WrittenDriver } from '../setup/relay/relay-drivers.js';
import type { Written } from './reading.js';

/** Where notifications are, as far as it is written down. */
type Place =
  | {
      readonly kind: 'rabbit';
      readonly brokers: readonly string[];
      readonly exchange: string;
      readonly isOslo: boolean;
      readonly topics: readonly string[];
      readonly hasPool: boolean;
    }
  | { readonly kind: 'amqp1'; readonly brokers: readonly string[]; readonly addresses: readonly string[] }
  | { readonly kind: 'file'; readonly path: string };

/**
 * The first of the sources that a sink's driver would give back what it forwards: queues are called after the topic,
 * whatever the exchange, so a sink on the broker of a source must not fill the queue that the source empties; nor may it
 * write to the file that is read. Undefined where none is known: what an exchange leads to, and what the one protocol
 * calls a queue of the other, is not.
 */
export function fedSource(
  { kind, options }: WrittenDriver,
  topics: readonly string[],
  sources: readonly Written[],
  environment: Environment,
): number | undefined {
  const to = placeOf(kind, { ...options, topics }, environment);
  const index = sources.findIndex((source) => {
    const from = placeOf(String(source.source), source, {});
    return to !== undefined && from !== undefined && feeds(to, from);
  });
  return index === -1 ? undefined : index;
}

/** `environment`: that of drivers, for what is not said. */
function placeOf(kind: string, written: Written, environment: Environment): Place | undefined {
  const of = (name: string) => environmentValue(environment, name);
  const { url, exchange, compat, pool, address } = written;
  if (kind === 'file' || kind === 'log') {
    const path = kind === 'file' ? written.path : (written.file ?? of('LOG_FILE'));
    return typeof path === 'string' ? { kind: 'file', path: resolve(path) } : undefined;
  }
  // What is no list is told of where the topics are read.
  const topics = String(written.topics ?? 'notifications')
    .split(',')
    .map((topic) => topic.trim());
  if (kind === 'amqp1') {
    const given = exchange === undefined ? undefined : String(exchange);
    const addresses = addressesOf(address ?? of('AMQP1_ADDRESS') ?? 'queue', topics, given);
    return { kind, brokers: brokersOf(url ?? of('AMQP1_URL') ?? 'amqp://localhost'), addresses };
  }
  if (kind !== 'rabbit') return undefined;
  const isOslo = (compat ?? of('AMQP_COMPAT')) === 'oslo';
  return {
    kind,
    brokers: brokersOf(url ?? of('AMQP_URL') ?? 'amqp://localhost'),
    exchange: String(exchange ?? of('AMQP_EXCHANGE') ?? (isOslo ? 'openstack' : 'tidings')),
    isOslo,
    topics,
    hasPool: pool !== undefined,
  };
}

/** Host, port and virtual host of each URL: who logs in makes no other broker of it. */
function brokersOf(written: unknown): string[] {
  return String(written)
    .split(',')
    .map((text) => {
      const url = text.trim();
      if (!URL.canParse(url)) return url;
      const { protocol, hostname, port, pathname } = new URL(url);
      const host = /^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) ? 'localhost' : hostname.toLowerCase();
      const vhost = pathname === '' || pathname.toLowerCase() === '/%2f' ? '/' : pathname;
      return `${host}:${port === '' ? (/s:$/.test(protocol) ? '5671' : '5672') : port}${vhost}`;
    });
}

function feeds(sink: Place, source: Place): boolean {
  if (sink.kind === 'file' || source.kind === 'file') {
    return sink.kind === 'file' && source.kind === 'file' && sink.path === source.path;
  }
  if (!sink.brokers.some((broker) => source.brokers.includes(broker))) return false;
  if (sink.kind === 'amqp1') {
    return source.kind === 'amqp1' && sink.addresses.some((address) => source.addresses.includes(address));
  }
  if (source.kind !== 'rabbit' || !sink.topics.some((topic) => source.topics.includes(topic))) return false;
  return source.exchange === sink.exchange || (!source.hasPool && source.isOslo === sink.isOslo);
}
