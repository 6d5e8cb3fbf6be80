import { type Receipt, SettledReceipt } from '../delivery/receipt.js';
import { runInOperation, type Surroundings, surroundings } from '../notification/context-store.js';
import { Operation } from '../notification/operation.js';
import type { Priority } from '../notification/priority.js';
import type { Notifier } from '../notifier/notifier.js';
import type { AnyCall } from './call.js';
import type { Instrumentation } from './instrumentation.js';
import { declaredFields, defaultPayload, type Moment, NOTHING_TAKEN, START, type Taken } from './moment.js';
import { whereTold } from './told-errors.js';
import { isCancellation, isUserError } from './user-errors.js';

/** A service does not wait longer for what it told, whatever `await` asks. */
const AWAIT_MS = 5_000;
const INVALID = new SettledReceipt('dropped', 'invalid: the payload breaks the rules of its catalog');

/** What `validation: 'throw'` has found, until it is thrown. Apart from the calls, since in a service there is none. */
const raised = new Map<RunningCall, Error>();

/** One call of an instrumented method, from its start to its one end. */
export class RunningCall {
  readonly instrumentation: Instrumentation;
  readonly #notifier: Notifier;
  readonly #outer: Surroundings | undefined;
  readonly #operation: Operation;
  readonly #self: unknown;
  readonly #args: readonly unknown[];
  #began = 0;
  #hasBegun = false;
  #isWantedPair: boolean | undefined = undefined;
  #startTold: Receipt | undefined = undefined;
  #endTold: Receipt | undefined = undefined;
  /** Known to the spool: closed by the next process, should this one die first. */
  #open: ReturnType<Notifier['openOperation']> = undefined;
  #ended = false;

  constructor(
    instrumentation: Instrumentation,
    notifier: Notifier,
    outer: Surroundings | undefined,
    self: unknown,
    args: readonly unknown[],
  ) {
    this.instrumentation = instrumentation;
    this.#notifier = notifier;
    this.#outer = outer;
    this.#self = self;
    this.#args = args;
    this.#operation = new Operation(outer?.operation);
  }

  /** True when the start of this call was told, so that an end must follow. */
  get isOpen(): boolean {
    return this.#startTold !== undefined && !this.#ended;
  }

  /** True when the caller wants to wait until what is told is safe. */
  get awaits(): boolean {
    return this.instrumentation.awaits !== undefined;
  }

  /** The first time, tells the start. `when` is asked once for a pair: both halves are told or none. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#began = performance.now();
    const { start, error, isPair, options } = this.instrumentation;
    if (start === undefined) return;
    const isWanted = this.#isWantedPair ?? this.#isWanted(start, START);
    if (isPair) this.#isWantedPair = isWanted;
    if (isWanted) this.#startTold = this.#tell(start, options.priority ?? 'INFO', START, 0);
    else this.#ended = isPair;
    if (isPair && this.#startTold !== undefined) {
      this.#open = this.#notifier.openOperation(this.#startTold, error as string);
    }
  }

  /**
   * What the method returned runs later, if ever: the call begins then, and the start that was told is taken back. Only
   * on the very stack that {@link begin} was called on, before the background can have seen it.
   */
  postpone(): void {
    this.#hasBegun = false;
    this.#ended = false;
    if (this.#startTold === undefined) return;
    this.#notifier.retract(this.#startTold);
    this.#startTold = undefined;
    this.#close();
  }

  /** The same call for one more run of what the method returned; `outer`: where that was asked for. */
  again(notifier: Notifier, outer: Surroundings | undefined): RunningCall {
    return new RunningCall(this.instrumentation, notifier, outer, this.#self, this.#args);
  }

  /** Where the method was called. */
  get outer(): Surroundings | undefined {
    return this.#outer;
  }

  /** Where what runs in this call stands. */
  get inner(): Surroundings {
    const { context, suppressed = false } = this.#outer ?? {};
    return { context, operation: this.#operation, suppressed };
  }

  /** True when this call was made by the body of the other one. */
  isCalledBy(other: RunningCall): boolean {
    return this.#operation.parent === other.#operation;
  }

  /** Runs the producer's code as this operation. */
  run<R>(body: () => R): R {
    return runInOperation(this.#operation, this.#outer, body);
  }

  /** Runs the consumer's code where the consumer stood: the producer may call it directly, from within this operation. */
  runOutside<R>(consumer: Surroundings | undefined, body: () => R): R {
    if (surroundings()?.operation !== this.#operation) return body();
    return runInOperation(consumer?.operation, consumer, body);
  }

  complete(result: unknown, taken: Taken = NOTHING_TAKEN): void {
    const { end, options, isPair } = this.instrumentation;
    if (this.#hasEnded() || end === undefined) return;
    const moment: Moment = { phase: 'end', result, taken };
    const durationMs = this.#elapsed();
    if (isPair || this.#isWanted(end, moment, durationMs)) {
      this.#endTold = this.#tell(end, options.priority ?? 'INFO', moment, durationMs);
    }
  }

  /** The consumer ended it early. `error`: what it was ended with, if anything. */
  cancel(result: unknown, taken: Taken, error?: unknown): void {
    const { end, options, isPair } = this.instrumentation;
    if (this.#hasEnded() || end === undefined) return;
    const moment: Moment = { phase: 'end', result, error, cancelled: true, taken };
    const durationMs = this.#elapsed();
    if (!isPair && !this.#isWanted(end, moment, durationMs)) return;
    // Who takes some items and leaves the rest does as intended; bytes are cut off.
    const priority = taken.kind === 'items' ? (options.priority ?? 'INFO') : 'WARN';
    this.#endTold = this.#tell(end, priority, moment, durationMs);
  }

  /** `result`: what was returned, for the case that the error turns out to be a cancellation. */
  fail(error: unknown, taken: Taken = NOTHING_TAKEN, result?: () => unknown): void {
    if (isCancellation(error)) {
      this.cancel(result?.(), taken, error);
      return;
    }
    const { end, error: errorType, isPair, options } = this.instrumentation;
    if (this.#hasEnded() || end === undefined || errorType === undefined) return;
    const durationMs = this.#elapsed();
    const moment: Moment = { phase: 'error', error, taken };
    if (!isPair && !this.#isWanted(errorType, moment, durationMs)) return;
    const isTold = options.errors !== 'none' && (options.errors === 'all' || !this.#isUsers(error));
    if (isTold && this.#isAlreadyTold(errorType, error)) this.#notifier.countAlreadyTold();
    else if (isTold) this.#endTold = this.#tell(errorType, 'ERROR', moment, durationMs);
    // A pair is always closed, so that nobody waits for an end that never comes.
    else if (isPair) this.#endTold = this.#tell(end, 'WARN', moment, durationMs);
  }

  /** Resolves when what was told of this call is as safe as `await` asks, and after 5 s at the latest. Never rejects. */
  async told(): Promise<void> {
    const level = this.instrumentation.awaits;
    if (level === undefined) return;
    const receipts = [this.#startTold, this.#endTold].filter((receipt) => receipt !== undefined);
    await Promise.all(receipts.map((receipt) => receipt[level]({ timeoutMs: AWAIT_MS })));
  }

  /** `await` can only delay a promise: says once that it does nothing for this method. */
  ignoreAwait(): void {
    this.instrumentation.complainOfAwait(this.#notifier);
  }

  /**
   * True when the body told this error under this type. A pair is closed by that only if it carries the pair's own
   * operation id, so what a called operation told does not count there.
   */
  #isAlreadyTold(errorType: string, error: unknown): boolean {
    const where = whereTold(this.#operation, errorType, error);
    return where === 'here' || (where === 'below' && !this.instrumentation.isPair);
  }

  #hasEnded(): boolean {
    const ended = this.#ended;
    this.#ended = true;
    this.#close();
    return ended;
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#notifier.closeOperation(this.#open);
    this.#open = undefined;
  }

  #elapsed(): number {
    return performance.now() - this.#began;
  }

  #isUsers(error: unknown): boolean {
    const { options, end } = this.instrumentation;
    const { isUserError: rule } = options;
    const ruled = rule && this.#notifier.guard('isUserError', end as string, rule, error, undefined);
    return ruled ?? isUserError(error);
  }

  #isWanted(eventType: string, moment: Moment, durationMs = 0): boolean {
    const { when } = this.instrumentation.options;
    if (when === undefined) return true;
    return this.#notifier.guard('when', eventType, when, this.#call(moment, durationMs), true) !== false;
  }

  #tell(eventType: string, priority: Priority, moment: Moment, durationMs: number): Receipt {
    const configured = this.instrumentation.payloadOf(moment.phase);
    let payload: unknown;
    let call: AnyCall | undefined;
    const rules = this.instrumentation.rules?.find(eventType);
    if (configured === undefined) {
      const known = moment.phase === 'end' ? (rules ?? this.#notifier.rulesOf(eventType)) : undefined;
      const fields = known?.fields;
      payload = fields === undefined ? defaultPayload(moment) : () => declaredFields(moment, fields);
    } else if (configured === 'result') payload = () => (moment.taken?.kind === 'value' ? moment.result : undefined);
    else {
      payload = configured;
      call = this.#call(moment, durationMs);
    }
    const told = moment.phase === 'start' ? undefined : durationMs;
    const now = this.#began + durationMs;
    const none = undefined;
    const outer = this.#outer;
    try {
      return this.#notifier.tell(eventType, priority, payload, none, outer, this.#operation, told, now, call, rules);
    } catch (error) {
      // Only with `validation: 'throw'`.
      this.#raise(error as Error);
      return INVALID;
    }
  }

  /**
   * What was told is wrong, and a test is to fail by it: by the promise or the return of the method, which take the error
   * at once; where there is neither, as with a stream that ends or a method that fails itself, as an uncaught exception.
   */
  #raise(error: Error): void {
    raised.set(this, error);
    queueMicrotask(() => this.throwInvalid());
  }

  /** Throws what {@link #raise} was given, once. */
  throwInvalid(): void {
    if (raised.size === 0) return;
    const error = raised.get(this);
    if (error === undefined) return;
    raised.delete(this);
    throw error;
  }

  #call({ phase, result, error, cancelled = false, taken = NOTHING_TAKEN }: Moment, durationMs: number): AnyCall {
    return {
      args: this.#args,
      result,
      error,
      self: this.#self,
      phase,
      durationMs,
      bytes: taken.bytes,
      items: taken.items,
      cancelled,
    };
  }
}
