/**
 * The payloads of event types that are known everywhere in a program. Empty until a program says what it knows:
 *
 *     declare module 'tidings' {
 *       interface EventPayloads {
 *         'order.placed': OrderPlaced;
 *       }
 *     }
 *
 * `import 'tidings/glance/global'` does it for the events of Glance.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented.
export interface EventPayloads {}

/** An event type of `E`, which an editor proposes, or any other text. */
export type EventType<E = EventPayloads> = (keyof E & string) | (string & Record<never, never>);

/** What is known of `T.start` before the work is done, and of `T.error` when it failed. */
type Incomplete<P> = unknown extends P ? unknown : P extends object ? Partial<P> : P;

/** The payload of the event that `T` is a phase of. */
type PhasePayload<T, E> = T extends `${infer Base}.start`
  ? Base extends keyof E
    ? Incomplete<E[Base]>
    : unknown
  : T extends `${infer Base}.end`
    ? Base extends keyof E
      ? E[Base]
      : unknown
    : T extends `${infer Base}.error`
      ? Base extends keyof E
        ? Incomplete<E[Base]> | string | Error
        : unknown
      : unknown;

/**
 * The payload of an event type: of `task.run.start`, `.end` and `.error` it follows from `task.run`, unless they have
 * entries of their own. `unknown` for a type that `E` does not have.
 */
export type PayloadOf<T, E = EventPayloads> = T extends keyof E ? E[T] : PhasePayload<T, E>;

/** The payload of the start of a pair. */
export type StartPayloadOf<T, E = EventPayloads> = T extends keyof E
  ? Incomplete<E[T]>
  : T extends string
    ? PayloadOf<T, E>
    : unknown;

/** What may be told in place of a payload where something went wrong (WARN, ERROR, CRITICAL): what happened, as text. */
export type OrText<P> = unknown extends P ? unknown : P | string | Error;

/**
 * The arguments that follow an event type whose payload is `P`: a payload that has fields cannot be left out. A function
 * is called for the payload, only if the event is enabled.
 */
export type Told<P, Options> = unknown extends P
  ? [payload?: unknown, options?: Options]
  : Record<never, never> extends P
    ? [payload?: P | (() => P), options?: Options]
    : [payload: P | (() => P), options?: Options];
