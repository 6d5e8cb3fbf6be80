import { DeliveryError, errorText } from '../../notification/errors.js';
import { consumerTimeoutRemedy } from '../consumer-timeout.js';
import {
  explainNetworkFault,
  explainTlsFault,
  type NetworkFault,
  notAmqp,
  withoutSecrets,
  withoutSecretsInside,
} from '../network-fault.js';
import { type AmqpUrl, parseAmqpUrl } from './amqp-url.js';

/** The code is Node's, OpenSSL's, or a reply code of AMQP's. */
interface Fault extends NetworkFault {
  /** What the broker said, where it said something. */
  readonly reply: string;
}

/** The reply code and the name in the reply of a queue that RabbitMQ does not permit. */
const INTERNAL_ERROR = 541;
const TRANSIENT_QUEUES = /`transient_nonexcl_queues`/;

/** Turns a fault into what happened and what to do; undefined when it is not of its kind. */
type Explanation = (fault: Fault, url: AmqpUrl) => string | undefined;

const permissions = ({ vhost, user }: AmqpUrl) => `rabbitmqctl set_permissions -p '${vhost}' '${user}' '.*' '.*' '.*'`;

const login: Explanation = ({ text }, { user }) => {
  if (!/^Handshake terminated by server: 403|ACCESS_REFUSED - Login/.test(text)) return undefined;
  const guest = user === 'guest' ? "; RabbitMQ lets 'guest' in from its own host only" : '';
  return `it refused the login of user '${user}': check the user and the password in the URL (special characters in a password are written percent-encoded${guest})`;
};

const vhost: Explanation = ({ text, reply }, url) => {
  // amqplib drops the broker's reason when the broker closes in answer to connection.open; it is always about this.
  const isRefused =
    /^Expected ConnectionOpenOk; got <ConnectionClose/.test(text) ||
    /\baccess to vhost |\bvhost \S+ not found/.test(reply);
  if (!isRefused) return undefined;
  return `it refused the virtual host '${url.vhost}' to user '${url.user}': check the virtual host at the end of the URL, or create it (rabbitmqctl add_vhost '${url.vhost}') and let the user in (${permissions(url)})`;
};

const handshake: Explanation = ({ text }, { protocol, hostname, port }) => {
  if (!/^Socket closed abruptly during opening handshake|^Frame size \d+ exceeds/.test(text)) return undefined;
  return notAmqp(protocol, hostname, port);
};

const channel: Explanation = ({ code, reply }, url) => {
  if (code === 404) {
    return `${reply}: create it, or let tidings do so (declare: 'auto', the default), which needs the permission to configure it`;
  }
  if (code === 403) {
    return `${reply}: give the user the permission (${permissions(url)}), or use what it may use`;
  }
  const remedy = consumerTimeoutRemedy(reply);
  if (remedy !== undefined) return `it closed the channel (${reply})${remedy}`;
  if (code === 405 || (code === 406 && /inequivalent arg|exclusive/.test(reply))) {
    return `${reply}: it exists already and differs; delete it, use another name, or declare nothing (declare: 'none')`;
  }
  return undefined;
};

const denied: Explanation = ({ code, reply }) => {
  if (code !== INTERNAL_ERROR || !TRANSIENT_QUEUES.test(reply)) return undefined;
  return 'it permits no queue that is neither durable nor exclusive, as oslo.messaging declares them: set deprecated_features.permit.transient_nonexcl_queues = true in the rabbitmq.conf of every node and restart it, or create the queues, durable: what exists is used as it is';
};

const lost: Explanation = ({ code, text, reply }) => {
  if (reply !== '') return `it closed the connection or the channel (${reply}): see the broker's log`;
  if (code === 'ECONNRESET' || code === 'EPIPE' || /^(Unexpected close|Channel ended|[Cc]hannel closed)/.test(text)) {
    return `the connection was lost (${text}): check that the broker runs, and the network`;
  }
  return undefined;
};

const EXPLANATIONS: readonly Explanation[] = [
  login,
  vhost,
  explainNetworkFault,
  explainTlsFault,
  handshake,
  channel,
  denied,
  lost,
];

/**
 * True for what RabbitMQ closes the connection with when a queue is declared that is neither durable nor exclusive, and
 * it permits none: from 4.3 by default, before where it is configured so.
 */
export function isDeniedQueue(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === INTERNAL_ERROR && TRANSIENT_QUEUES.test(errorText(error));
}

/**
 * Says in one line what an error of the connection, of its opening or of one of its channels means and what to do, with
 * the broker's address. The password is in none of it: not in the message and not in the `cause`.
 */
export function explainAmqpError(error: unknown, url: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const parsed = parseAmqpUrl(url);
  const text = withoutSecrets(errorText(error), parsed.secrets).replaceAll(/\s+/g, ' ').trim();
  const code = (error as { code?: unknown } | undefined)?.code;
  const reply = / with message "(.*)"$/.exec(text)?.[1] ?? '';
  const fault = { code, text, reply };
  let explained: string | undefined;
  for (const explain of EXPLANATIONS) explained ??= explain(fault, parsed);
  return new DeliveryError(`the broker at ${parsed.shown}: ${explained ?? text}`, {
    cause: withoutSecretsInside(error, parsed.secrets),
  });
}
