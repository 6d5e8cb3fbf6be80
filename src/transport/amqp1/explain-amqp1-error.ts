import { DeliveryError, errorText } from '../../notification/errors.js';
import {
  explainNetworkFault,
  explainTlsFault,
  type NetworkFault,
  notAmqp,
  withoutSecrets,
  withoutSecretsInside,
} from '../network-fault.js';
import { type Amqp1Url, parseAmqp1Url } from './amqp1-url.js';
import type { AmqpCondition } from './rhea.js';

interface Fault extends NetworkFault {
  /** AMQP's condition, for instance `amqp:not-found`. */
  readonly condition: string | undefined;
}

/** The code of what ended a connection after the login, before the peer had answered the open frame or said why not. */
export const UNOPENED = 'UNOPENED';

/** Turns a fault into what happened and what to do; undefined when it is not of its kind. */
type Explanation = (fault: Fault, url: Amqp1Url) => string | undefined;

const login: Explanation = ({ text }, { login: given }) => {
  const offered = /^No suitable mechanism; server supports (.*)$/.exec(text)?.[1];
  if (offered !== undefined) {
    return `it offers no way to log in that was configured (it offers ${offered}): give user and password in the URL, or choose one of them by the option sasl`;
  }
  if (/^Expecting SASL layer/.test(text)) return 'it takes no SASL login: use the listener of the broker that does';
  if (!/^Failed to authenticate/.test(text)) return undefined;
  if (/: [234]$/.test(text)) return `its login service failed (${text}): see the broker's log`;
  return given === undefined
    ? 'it refused the login without a password: give user and password in the URL, or check the client certificate and the user that belongs to it'
    : `it refused the login of user '${given.user}': check the user and the password in the URL (special characters in a password are written percent-encoded)`;
};

const version: Explanation = ({ text }, { protocol, hostname, port }) => {
  if (/^Unsupported AMQP version: 0-/.test(text)) {
    const spoken = text.replace('Unsupported AMQP version: ', 'AMQP ');
    return `port ${port} of '${hostname}' speaks ${spoken} and not AMQP 1.0: on RabbitMQ 3 enable the plugin (rabbitmq-plugins enable rabbitmq_amqp1_0), or use the driver rabbit`;
  }
  if (/^(Invalid protocol header for AMQP|Unsupported AMQP version|Invalid AMQP protocol id)/.test(text)) {
    return notAmqp(protocol, hostname, port);
  }
  return undefined;
};

const opening: Explanation = ({ code, condition, text }, { vhost, login: given }) => {
  const who = given === undefined ? 'the client' : `user '${given.user}'`;
  const where = vhost === undefined ? 'its default virtual host' : `the virtual host '${vhost}'`;
  const remedy = `check that ${where} exists and that ${who} may use it`;
  if (code === UNOPENED) {
    return `it took the login and then ended the connection without a word (${text}), as RabbitMQ 4 does: ${remedy}, and see its log`;
  }
  if (condition !== 'amqp:unauthorized-access' && condition !== 'amqp:not-found') return undefined;
  return `it refused ${who} (${text}): ${remedy}`;
};

const sessions: Explanation = ({ condition, text }) => {
  const last = /exceeds maximum channel number \((\d+)\)/.exec(text)?.[1];
  if (condition !== 'amqp:connection:framing-error' || last === undefined) return undefined;
  return `it allows for ${Number(last) + 1} sessions, one for each address that is heard and each that dead letters go to: give one listener fewer topics or priorities, or raise session_max_per_connection in rabbitmq.conf`;
};

const lost: Explanation = ({ code, condition, text }) => {
  if (condition !== undefined) return `it closed the connection (${condition}: ${text}): see the broker's log`;
  if (code === 'ECONNRESET' || code === 'EPIPE' || /^(closed|write after end|This socket has been ended)/.test(text)) {
    return `the connection was lost (${text}): check that the broker runs, and the network`;
  }
  return undefined;
};

const EXPLANATIONS: readonly Explanation[] = [
  login,
  version,
  opening,
  explainNetworkFault,
  explainTlsFault,
  sessions,
  lost,
];

/**
 * Says in one line what an error of the connection or of its opening means and what to do, with the peer's address. The
 * password is in none of it: not in the message and not in the `cause`.
 */
export function explainAmqp1Error(error: unknown, url: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const parsed = parseAmqp1Url(url);
  const text = oneLine(withoutSecrets(errorText(error), parsed.secrets));
  const { code, condition } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const fault = { code, text, condition: typeof condition === 'string' ? condition : undefined };
  let explained: string | undefined;
  for (const explain of EXPLANATIONS) explained ??= explain(fault, parsed);
  return new DeliveryError(`the broker at ${parsed.shown}: ${explained ?? text}`, {
    cause: withoutSecretsInside(error, parsed.secrets),
  });
}

/** What the peer gives as a reason, in one line and without secrets: `amqp:not-found: no queue 'q'`. */
export function reasonOf(error: AmqpCondition | null | undefined, secrets: readonly string[]): string {
  const { condition, description } = error ?? {};
  const parts = [condition, description].filter((part) => typeof part === 'string' && part !== '');
  return parts.length === 0 ? 'it gave no reason' : oneLine(withoutSecrets(parts.join(': '), secrets)).slice(0, 500);
}

/** What to do about a link that was refused or closed: a clause to append, or nothing. */
export function remedyFor(error: AmqpCondition | undefined, wanted: 'write to' | 'read from'): string {
  const { condition, description } = error ?? {};
  if (typeof description === 'string' && description.includes('amqp_address_v1')) {
    return ": it takes no addresses of RabbitMQ 3, set the option address to 'rabbitmq4' or 'rabbitmq4-queue', or to a template that begins so";
  }
  if (condition === 'amqp:not-found') return ': create it, or correct the option address';
  if (condition === 'amqp:invalid-field' || condition === 'amqp:not-implemented') {
    return ': it takes no such address, correct the option address';
  }
  if (condition === 'amqp:precondition-failed') {
    return ': it exists and differs; on RabbitMQ 3 /amq/queue/… takes a queue as it is';
  }
  if (condition === 'amqp:unauthorized-access' || condition === 'amqp:not-allowed') {
    return `: let the user of the URL ${wanted} it`;
  }
  return '';
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
