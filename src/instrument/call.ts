/** What a payload function is told of one call of an instrumented method. */
export interface Call<Args extends readonly unknown[] = unknown[], Result = unknown, Self = unknown> {
  /** The arguments, as they were passed. */
  readonly args: Args;
  /** What the method returned, awaited; undefined before completion and after a failure. */
  readonly result: Result;
  /** What was thrown; undefined unless it failed. */
  readonly error: unknown;
  /** `this` of the call. */
  readonly self: Self;
  /** `start`: about to run. `end`: completed or cancelled. `error`: failed. */
  readonly phase: 'start' | 'end' | 'error';
  /** Milliseconds since the call began, by the monotonic clock; 0 at `start`. */
  readonly durationMs: number;
  /** Bytes that left a returned byte stream. */
  readonly bytes: number;
  /** Items that left a returned iterator, stream of objects or Observable. */
  readonly items: number;
  /** True when the consumer ended it early, or it was aborted. */
  readonly cancelled: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: stands for every call; an annotated callback narrows it.
export type AnyCall = Call<any, any, any>;

/**
 * The call of a method: annotate a payload function with it, `(call: CallOf<ImageService['update']>) => …`. Where it
 * reads `call.self`, name the class too: `CallOf<ImageService['update'], ImageService>`.
 */
export type CallOf<F, Self = unknown> = F extends (...args: infer Args) => infer Result
  ? Call<Args, Awaited<Result>, Self>
  : never;

/** The methods whose call `C` describes. */
// biome-ignore lint/suspicious/noExplicitAny: `this` is left to the class.
export type MethodOf<C extends AnyCall> = (this: any, ...args: C['args']) => C['result'] | PromiseLike<C['result']>;
