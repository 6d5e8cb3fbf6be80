import { errorText } from '../../notification/errors.js';
import type { HttpUrl } from './http-url.js';

const CERTIFICATE_CODE =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CRL_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/;
const NO_ROUTE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL']);
const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/** True when an error says that nothing has reached the other end. */
export function isUnreachable(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ECONNREFUSED' || NO_ROUTE.has(code) || UNKNOWN_HOST.has(code) || isTls(code);
}

/**
 * Says in one line what an error of a request means and what to do. Errors of Node's hold pieces of what was received
 * (`rawPacket`), so none of them is passed on.
 */
export function explainHttpFailure(error: unknown, { isSecure, target: { hostname, port } }: HttpUrl): string {
  const code = codeOf(error);
  const text = errorText(error);
  if (UNKNOWN_HOST.has(code)) {
    return `the host name '${hostname}' is not known (${code}): check the host in the URL, and this machine's name server`;
  }
  if (code === 'ECONNREFUSED') {
    return `nothing listens on port ${port} of '${hostname}' (ECONNREFUSED): check host and port in the URL, and that the server runs`;
  }
  if (NO_ROUTE.has(code)) {
    return `no way to '${hostname}' (${code}): check the host in the URL, the network and its firewalls`;
  }
  if (code === 'ETIMEDOUT') {
    return `${text} (ETIMEDOUT): check that the server works, the network and its firewalls, or wait longer (timeoutMs)`;
  }
  if (CERTIFICATE_CODE.test(code)) {
    const remedy = /ALTNAME|HOSTNAME/.test(code)
      ? 'use the host name that it is for, or set tls.servername'
      : 'give the authority that signed it (tls.ca, or NODE_EXTRA_CA_CERTS), or renew it';
    return `its certificate is not accepted (${code}): ${remedy}`;
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return `TLS failed (${reasonOf(error)}): check that port ${port} speaks TLS (else use http://), its TLS versions, and tls.ca, tls.cert and tls.key`;
  }
  if (isTls(code)) {
    return `TLS failed (${code}): it may ask for a client certificate; check tls.ca, tls.cert and tls.key`;
  }
  if (code.startsWith('HPE_')) {
    const other = isSecure ? '' : ', or use https:// where it speaks TLS';
    return `it did not answer as an HTTP server (${code}): check the port in the URL${other}`;
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return `the connection was lost before an answer came (${code}): check that the server runs, and the network`;
  }
  return code === '' ? text : `${text} (${code})`;
}

function isTls(code: string): boolean {
  return code === 'EPROTO' || /^ERR_(SSL|OSSL|TLS)_/.test(code) || CERTIFICATE_CODE.test(code);
}

/** What OpenSSL says of a handshake, in its own words. */
function reasonOf(error: unknown): string {
  const { reason } = error as { reason?: unknown };
  return typeof reason === 'string' ? reason : codeOf(error);
}

function codeOf(error: unknown): string {
  const inner = Array.isArray((error as AggregateError | undefined)?.errors)
    ? (error as AggregateError).errors[0]
    : error;
  const code = (error as { code?: unknown } | undefined)?.code ?? (inner as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
