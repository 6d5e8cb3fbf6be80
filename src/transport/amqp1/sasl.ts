import type { Amqp1Url } from './amqp1-url.js';

/** How the client says who it is: by a password, not at all, or by its TLS certificate. */
export type SaslMechanism = 'plain' | 'anonymous' | 'external';

type Start = (answer: (error: undefined, response: Buffer) => void) => void;

/** The mechanism to offer, as rhea takes it. RFC 4616 (PLAIN), RFC 4505 (ANONYMOUS), RFC 4422 appendix A (EXTERNAL). */
export function saslMechanisms(mechanism: SaslMechanism, { login }: Amqp1Url): Record<string, () => { start: Start }> {
  // rhea's own PLAIN counts characters where bytes are meant, and so cuts what is not ASCII.
  const response = mechanism === 'plain' ? `\0${login?.user ?? ''}\0${login?.password ?? ''}` : '';
  const start: Start = (answer) => answer(undefined, Buffer.from(mechanism === 'anonymous' ? 'anonymous' : response));
  return { [mechanism.toUpperCase()]: () => ({ start }) };
}
