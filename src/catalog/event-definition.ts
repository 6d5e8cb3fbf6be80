import type { Priority } from '../notification/priority.js';
import type { StandardSchema } from './standard-schema.js';

// biome-ignore lint/suspicious/noExplicitAny: whatever its constructor takes, it is never called.
export type PayloadClass<T extends object = object> = abstract new (...args: any[]) => T;

/** A class with the decorators of class-validator, or a Standard Schema. */
export type PayloadSource = PayloadClass | StandardSchema;

export const PHASES = ['start', 'end', 'error'] as const;
export type Phase = (typeof PHASES)[number];

/** A payload that is a bare text, beside the one with fields. */
export interface TextPayload {
  readonly pattern: RegExp;
  /** What the text is: `the id of the image`. */
  readonly meaning: string;
}

/** What one notification is, means and carries. */
export interface EventDefinition {
  /** One line. */
  readonly summary: string;
  /** Exactly when it is sent, and what it does not mean. */
  readonly meaning: string;
  /** What its payload is. Default: nothing is known of it, and everything is right. */
  readonly payload?: PayloadSource;
  /** A text that is right in place of {@link payload} at every priority. */
  readonly text?: TextPayload;
  /**
   * Which phases are told, where it is a pair (`@StartEnd`): `<type>.start` may lack fields, `<type>.end` has the payload,
   * `<type>.error` a text. Default: none, it is told on its own.
   */
  readonly phases?: readonly Phase[];
  /** Default: `INFO`. At `WARN`, `ERROR` and `CRITICAL` a text is right in place of the payload. */
  readonly priorities?: readonly Priority[];
  /** A payload as it goes out, which must be right. */
  readonly example?: unknown;
  /** The JSON Schema (draft 7) of the payload, for a Standard Schema that cannot say it itself. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
}

export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

type PayloadIn<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : unknown
  : S extends PayloadClass<infer Payload>
    ? Payload
    : unknown;

type TextIn<D> = D extends { readonly text: TextPayload } ? string : never;

/** The payloads that a catalog's definitions declare, by event type. */
export type PayloadsOf<D extends EventDefinitions> = {
  [T in keyof D]: D[T] extends { readonly payload: infer S } ? PayloadIn<S> | TextIn<D[T]> : unknown;
};
