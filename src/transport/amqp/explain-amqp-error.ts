import { DeliveryError, errorText } from '../../notification/errors.js';
import { type AmqpUrl, parseAmqpUrl } from './amqp-url.js';

interface Fault {
  /** A code of Node's, of OpenSSL's, or a reply code of AMQP's. */
  readonly code: unknown;
  /** One line, without secrets. */
  readonly text: string;
  /** What the broker said, where it said something. */
  readonly reply: string;
}

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

const network: Explanation = ({ code, text }, { hostname, port }) => {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `the host name '${hostname}' is not known (${code}): check the host in the URL, and this machine's name server`;
  }
  if (code === 'ECONNREFUSED') {
    return `nothing listens on port ${port} of '${hostname}' (ECONNREFUSED): check host and port in the URL, and that the broker runs`;
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT') {
    return `no answer from '${hostname}', port ${port} (${code}): check host and port in the URL, the network and its firewalls`;
  }
  if (text === 'Heartbeat timeout') {
    return 'it has stopped answering (heartbeat timeout): check the network and the load of the broker';
  }
  return undefined;
};

const CERTIFICATE_CODE =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CRL_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/;

const tls: Explanation = ({ code, text }, { protocol, hostname, port }) => {
  if (typeof code === 'string' && CERTIFICATE_CODE.test(code)) {
    const remedy = /ALTNAME|HOSTNAME/.test(code)
      ? 'use the host name that it is for, or set tls.servername'
      : 'give the authority that signed it (tls.ca, or NODE_EXTRA_CA_CERTS), or renew it';
    return `its certificate is not accepted (${code}: ${text}): ${remedy}`;
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return `port ${port} of '${hostname}' does not speak TLS: use amqp:// for it, or the broker's TLS port (usually 5671)`;
  }
  if (typeof code === 'string' && /^ERR_(SSL|OSSL)_|^EPROTO$/.test(code)) {
    return `TLS failed (${text}): check the TLS versions of both sides, and the certificates that were given (tls.ca, tls.cert, tls.key)`;
  }
  if (/^Socket closed abruptly during opening handshake|^Frame size \d+ exceeds|^Client network socket/.test(text)) {
    const other = protocol === 'amqp' ? 'amqps:// for a TLS port (usually 5671)' : 'amqp:// for a port without TLS';
    return `port ${port} of '${hostname}' did not answer as an AMQP broker: check the port in the URL; use ${other}`;
  }
  return undefined;
};

const channel: Explanation = ({ code, reply }, url) => {
  if (code === 404) {
    return `${reply}: create it, or let tidings do so (declare: 'auto', the default), which needs the permission to configure it`;
  }
  if (code === 403) {
    return `${reply}: give the user the permission (${permissions(url)}), or use what it may use`;
  }
  if (code === 405 || (code === 406 && /inequivalent arg|exclusive/.test(reply))) {
    return `${reply}: it exists already and differs; delete it, use another name, or declare nothing (declare: 'none')`;
  }
  return undefined;
};

const lost: Explanation = ({ code, text, reply }) => {
  if (reply !== '') return `it closed the connection or the channel (${reply}): see the broker's log`;
  if (code === 'ECONNRESET' || code === 'EPIPE' || /^(Unexpected close|Channel ended|[Cc]hannel closed)/.test(text)) {
    return `the connection was lost (${text}): check that the broker runs, and the network`;
  }
  return undefined;
};

const EXPLANATIONS: readonly Explanation[] = [login, vhost, network, tls, channel, lost];

/**
 * Says in one line what an error of the connection, of its opening or of one of its channels means and what to do, with
 * the broker's address. The password is in none of it: not in the message and not in the `cause`.
 */
export function explainAmqpError(error: unknown, url: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const parsed = parseAmqpUrl(url);
  const text = withoutSecrets(errorText(error), parsed).replaceAll(/\s+/g, ' ').trim();
  const code = (error as { code?: unknown } | undefined)?.code;
  const reply = / with message "(.*)"$/.exec(text)?.[1] ?? '';
  const fault = { code, text, reply };
  let explained: string | undefined;
  for (const explain of EXPLANATIONS) explained ??= explain(fault, parsed);
  return new DeliveryError(`the broker at ${parsed.shown}: ${explained ?? text}`, { cause: clean(error, parsed) });
}

function withoutSecrets(text: string, url: AmqpUrl): string {
  return url.secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

/** The error as a cause to print: itself, or where it holds the password a copy without. */
function clean(error: unknown, url: AmqpUrl): unknown {
  if (!(error instanceof Error)) return undefined;
  const { message, stack = '' } = error;
  if (!url.secrets.some((secret) => message.includes(secret) || stack.includes(secret))) return error;
  const copy = new Error(withoutSecrets(message, url));
  copy.name = error.name;
  copy.stack = withoutSecrets(stack, url);
  return copy;
}
