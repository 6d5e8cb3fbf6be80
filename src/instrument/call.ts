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
 * reads `call.self`, name the class too: `CallOf<ImageService['update'], ImageService>`. Of an overloaded method it is
 * the call of the last overload, as with TypeScript's `Parameters`. In a generic class the type parameters are `any`:
 * `CallOf<Repository<any>['put']>`.
 */
export type CallOf<F, Self = unknown> = F extends (...args: infer Args) => infer Result
  ? Call<Args, Awaited<Result>, Self>
  : never;

/**
 * `unknown` where functions written for calls `C` may be given every call of the method `F` on `This`, so that an
 * intersection with it changes nothing; else what names the mismatch in the compiler's message.
 */
export type Fits<C extends AnyCall, This, F> = F extends (...args: infer Args) => infer Result
  ? Within<This, C['self']> extends true
    ? Within<Args, C['args']> extends true
      ? Within<Awaited<Result>, C['result']> extends true
        ? unknown
        : Mismatch<'result', Awaited<Result>, C['result']>
      : Mismatch<'args', Args, C['args']>
    : Mismatch<'self', This, C['self']>
  : unknown;

/** What takes everything also takes the type parameters of a generic class, which the compiler compares with nothing. */
type Within<T, U> = unknown extends U ? true : [T] extends [U] ? true : false;

interface Mismatch<Field extends keyof Call, OfTheMethod, Annotated> {
  readonly mismatch: Field;
  readonly ofTheMethod: OfTheMethod;
  readonly annotated: Annotated;
}

/**
 * `unknown` where the result of the method `F` may stand for a payload `P`: it is the payload, by `payload: 'result'` or
 * because no payload is given. Else what names the mismatch in the compiler's message.
 */
export type Gives<P, F> = unknown extends P
  ? unknown
  : F extends (...args: never[]) => infer Result
    ? Within<Awaited<Result>, P> extends true
      ? unknown
      : { readonly mismatch: 'the result is no payload'; readonly result: Awaited<Result>; readonly payload: P }
    : unknown;

/** The payload that a result has to be where no function `Given` makes one. */
export type FromResult<P, Given> = [Given] extends [never] ? P : unknown;

/** The member of a class as its users see it, with all of its overloads; `F` where it is not public. */
export type Member<This, Name, F> = Name extends keyof This ? This[Name] : F;
