import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { installPackages, whyNotInstallable } from './debian.js';
import { DockerRabbitmq, dockerAnswers } from './docker-rabbitmq.js';
import { PrivateRabbitmq, rabbitmqctl, rabbitmqScripts } from './private-rabbitmq.js';

/** What a test needs to use a broker that another process started. Plain data: it is handed to the test workers. */
export interface BrokerAccess {
  /** With a user that may do everything, without a virtual host. */
  readonly url: string;
  /** How `rabbitmqctl` is run for it; undefined for a broker that was given by its URL only. */
  readonly ctl?: { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> };
  /** The version of RabbitMQ (`4.0.5`); undefined for a broker that was given by its URL only. */
  readonly version?: string;
}

/** A broker that the caller started and must dispose of. */
export interface Broker {
  readonly access: BrokerAccess;
  start(): Promise<void>;
  /** In order: what is durable survives. */
  stop(): Promise<void>;
  /** At once, as a power failure would. It can be started again. */
  kill(): Promise<void>;
  /** Ends it and removes everything it wrote. */
  dispose(): Promise<void>;
}

/** How to get a broker for the tests, for the notice that says that there was none. */
export const BROKER_HELP =
  'set TIDINGS_TEST_AMQP_URL=amqp://user:password@host:5672, or install the package rabbitmq-server, or start Docker';

/** A broker that runs, or the reason why there is none. `broker` is absent when it was given by its URL. */
export type FoundBroker = { access: BrokerAccess; broker?: Broker } | { reason: string };

/** The broker for a test run: the one given by `TIDINGS_TEST_AMQP_URL`, else a private one. */
export async function findBroker(): Promise<FoundBroker> {
  const url = process.env.TIDINGS_TEST_AMQP_URL;
  if (url !== undefined && url !== '') return { access: { url: url.replace(/\/$/, '') } };
  return startBroker();
}

/** A broker for one test file alone, which it may stop and kill, or the reason why there is none. */
export async function startPrivateBroker(): Promise<{ access: BrokerAccess; broker: Broker } | { reason: string }> {
  return startBroker();
}

async function startBroker(): Promise<{ access: BrokerAccess; broker: Broker } | { reason: string }> {
  let broker: Broker | undefined;
  try {
    const made = await createBroker();
    if ('reason' in made) return made;
    broker = made;
    await broker.start();
    return { access: { ...broker.access, version: await versionOf(broker.access.url) }, broker };
  } catch (error) {
    await broker?.dispose();
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

async function versionOf(url: string): Promise<string> {
  const model = await connect(url);
  const { version } = model.connection.serverProperties;
  await model.close();
  return version;
}

async function createBroker(): Promise<Broker | { reason: string }> {
  const installed = await rabbitmqScripts();
  if (installed !== undefined) return PrivateRabbitmq.create(installed);
  if (await dockerAnswers()) return DockerRabbitmq.create();
  const reason = await whyNotInstallable();
  if (reason !== undefined) return { reason: `there is no rabbitmq-server, no Docker, and ${reason}` };
  await installPackages('rabbitmq-server');
  const scripts = await rabbitmqScripts();
  if (scripts === undefined) return { reason: 'the package rabbitmq-server brought no rabbitmq-server' };
  return PrivateRabbitmq.create(scripts);
}

/** Runs `rabbitmqctl`; resolves with what it printed. */
export function ctl(access: BrokerAccess, ...args: string[]): Promise<string> {
  return rabbitmqctl(access, ...args);
}

/**
 * A virtual host of the caller's own, as a URL with the broker's user. Where the broker cannot be administered, its
 * own virtual host: names in it should be unique anyway.
 */
export async function createVhost(access: BrokerAccess): Promise<string> {
  if (access.ctl === undefined) return access.url;
  const name = `test-${randomBytes(4).toString('hex')}`;
  const user = decodeURIComponent(new URL(access.url).username);
  // Each command is a start of Erlang: one does for both, where the broker's own functions are as they are known.
  const permissions = `<<"${user}">>, <<"${name}">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>`;
  const both = `ok = rabbit_vhost:add(<<"${name}">>, <<"tests">>), ok = rabbit_auth_backend_internal:set_permissions(${permissions}).`;
  const isMade = /^\w+$/.test(user) && (await ctl(access, 'eval', both).then(Boolean, () => false));
  if (!isMade) {
    await ctl(access, 'add_vhost', name).catch(() => undefined);
    await ctl(access, 'set_permissions', '-p', name, user, '.*', '.*', '.*');
  }
  return `${access.url}/${name}`;
}
