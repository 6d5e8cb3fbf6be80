/** An error, as far as it is looked at. */
export interface NetworkFault {
  readonly code: unknown;
  /** One line, without secrets. */
  readonly text: string;
}

interface Place {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
}

/** Says what an error of the network means and what to do; undefined for any other. */
export function explainNetworkFault({ code, text }: NetworkFault, { hostname, port }: Place): string | undefined {
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
}

const CERTIFICATE_CODE =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CRL_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Says what an error of TLS, or of TLS where there is none, means and what to do; undefined for any other. */
export function explainTlsFault({ code, text }: NetworkFault, place: Place): string | undefined {
  const { protocol, hostname, port } = place;
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
  if (/^Client network socket/.test(text)) return notAmqp(protocol, hostname, port);
  return undefined;
}

/** What to do where something else listens. */
export function notAmqp(protocol: Place['protocol'], hostname: string, port: number): string {
  const other = protocol === 'amqp' ? 'amqps:// for a TLS port (usually 5671)' : 'amqp:// for a port without TLS';
  return `port ${port} of '${hostname}' did not answer as an AMQP broker: check the port in the URL; use ${other}`;
}

/** `secrets`: every way in which they may be written, the longest first. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

/** The error as a cause to print: itself, or where it holds a secret a copy without. */
export function withoutSecretsInside(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof Error)) return undefined;
  const { message, stack = '' } = error;
  if (!secrets.some((secret) => message.includes(secret) || stack.includes(secret))) return error;
  const copy = new Error(withoutSecrets(message, secrets));
  copy.name = error.name;
  copy.stack = withoutSecrets(stack, secrets);
  return copy;
}
