import type { Check } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { PRIORITIES, type Priority } from '../notification/priority.js';
import type { UrlSource } from '../transport/amqp/url-source.js';
import { type AddressParts, type AddressTemplate, addressTemplate } from '../transport/amqp1/address.js';
import { type Amqp1Identity, identityOf, identityOptions } from '../transport/amqp1/identity.js';

/** What a listener by AMQP 1.0 has beside the settings of all. */
export interface Amqp1SourceSettings extends Amqp1Identity {
  readonly template: AddressTemplate;
  /** Undefined: the address of the queue and `.dead`. False: dead letters are rejected. */
  readonly dead: AddressTemplate | false | undefined;
}

/** Where messages come from, and where those go that are tried no more. */
export interface Amqp1Source {
  readonly address: string;
  /** Absent where they are rejected. */
  readonly deadAddress: string | undefined;
}

const ONLY_RABBIT = ['compat', 'pool', 'declare', 'queueMaxBytes'];

const sourceTemplate: Check<AddressTemplate> = (written, setting) => {
  const template = addressTemplate(written, setting);
  if (template.hasEventType) {
    throw new ConfigurationError(setting, 'has {event_type}; a listener has an address for each topic and priority');
  }
  return template;
};

const deadTemplate: Check<AddressTemplate | false> = (written, setting) =>
  written === false ? false : noExchange(sourceTemplate(written, setting), setting);

function noExchange(template: AddressTemplate, setting: string): AddressTemplate {
  if (!template.isExchange) return template;
  throw new ConfigurationError(
    setting,
    'is that of an exchange, which holds nothing to receive; it takes the address of queues, as rabbitmq3-queue or rabbitmq4-queue',
  );
}

export const amqp1SourceOptions = { address: sourceTemplate, deadAddress: deadTemplate, ...identityOptions };

type Checked = { [Option in keyof typeof amqp1SourceOptions]?: ReturnType<(typeof amqp1SourceOptions)[Option]> };

/** Throws a ConfigurationError for an option of the other protocol. */
export function checkProtocol(protocol: 'rabbit' | 'amqp1', options: object): void {
  const others = protocol === 'amqp1' ? ONLY_RABBIT : Object.keys(amqp1SourceOptions);
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || !others.includes(option)) continue;
    throw new ConfigurationError(
      `listener.${option}`,
      protocol === 'amqp1'
        ? "is not for protocol 'amqp1', which declares nothing: create the queues, and say where they are by address"
        : "is for protocol 'amqp1': say so, or leave it out",
    );
  }
}

export function normaliseAmqp1Source(checked: Checked, urls: UrlSource, isTemporary: boolean): Amqp1SourceSettings {
  const template = checked.address ?? addressTemplate('queue', 'listener.address');
  if (isTemporary) checkTemporary(checked, template);
  else noExchange(template, 'listener.address');
  const { deadAddress: dead } = checked;
  if (dead !== undefined && dead !== false && dead.needsVhost && !template.needsVhost) {
    throw new ConfigurationError('listener.deadAddress', 'has {vhost}, and the address has none');
  }
  const sample = { topic: 't', exchange: 'e', vhost: 'v', notification: { priority: 'INFO', eventType: '' } } as const;
  if (dead !== undefined && dead !== false && dead.address(sample) === template.address(sample)) {
    throw new ConfigurationError(
      'listener.deadAddress',
      'is the address itself: dead letters would come back for ever',
    );
  }
  return { template, dead: isTemporary ? false : dead, ...identityOf('listener', checked, template, urls) };
}

/** What is read from a topic is taken from nobody; what is read from anything else is. */
function checkTemporary({ deadAddress }: Checked, { kind }: AddressTemplate): void {
  if (deadAddress !== undefined) {
    throw new ConfigurationError('listener.deadAddress', 'is without use with temporary: there are no dead letters');
  }
  if (kind === 'plain') return;
  throw new ConfigurationError(
    'listener.address',
    kind === 'oslo'
      ? 'is one of oslo.messaging, of which a router gives each message to one receiver only: with temporary it takes the address of topics'
      : "is one of RabbitMQ, which has no temporary queues for AMQP 1.0: with temporary take protocol 'rabbit' there",
  );
}

/** The addresses of topics and priorities, each once. */
export function sourcesOf(
  { template, dead }: Pick<Amqp1SourceSettings, 'template' | 'dead'>,
  topics: readonly string[],
  priorities: ReadonlySet<Priority>,
  parts: { readonly exchange: string; readonly vhost: string | undefined },
): Amqp1Source[] {
  const sources = new Map<string, Amqp1Source>();
  const deadOf = (address: string, all: AddressParts) => {
    if (dead === false) return undefined;
    return dead === undefined ? defaultDead(template, address) : dead.address(all);
  };
  for (const topic of topics) {
    for (const priority of priorities) {
      const all = { ...parts, topic, notification: { priority, eventType: '' } };
      const address = template.address(all);
      sources.set(address, { address, deadAddress: deadOf(address, all) });
    }
  }
  return [...sources.values()];
}

/** What a preset or a template gives for these topics in all priorities, `{event_type}` left empty. */
export function addressesOf(written: unknown, topics: readonly string[], givenExchange: string | undefined): string[] {
  const template = addressTemplate(written, 'address');
  const exchange = givenExchange ?? (template.kind === 'oslo' ? 'openstack' : 'tidings');
  const all = sourcesOf({ template, dead: false }, topics, new Set(PRIORITIES), { exchange, vhost: undefined });
  return all.map(({ address }) => address);
}

/**
 * A router of oslo addresses holds nothing, so a letter would wait for somebody who takes it. RabbitMQ 3 throws away what
 * is sent to an `/amq/queue/…` that does not exist, and declares that of `/queue/…`.
 */
function defaultDead({ kind }: AddressTemplate, address: string): string | undefined {
  if (kind === 'oslo') return undefined;
  return `${address.replace(/^\/amq\/queue\//, '/queue/')}.dead`;
}
