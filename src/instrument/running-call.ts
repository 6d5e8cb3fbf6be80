import { v4 as uuid } from 'uuid';
import { type Operation, runInOperation, type Surroundings } from '../notification/context-store.js';
import { errorText } from '../notification/errors.js';
import type { Priority } from '../notification/priority.js';
import type { Notifier } from '../notifier/notifier.js';
import type { AnyCall } from './call.js';
import type { Instrumentation } from './instrumentation.js';
import { whereTold } from './told-errors.js';
import { isCancellation, isUserError } from './user-errors.js';

/** One call of an instrumented method, from its start to its one end. */
export class RunningCall {
  readonly #instrumentation: Instrumentation;
  readonly #notifier: Notifier;
  readonly #outer: Surroundings | undefined;
  readonly #operation: Operation;
  readonly #self: unknown;
  readonly #args: readonly unknown[];
  readonly #began = performance.now();
  #ended = false;

  constructor(
    instrumentation: Instrumentation,
    notifier: Notifier,
    outer: Surroundings | undefined,
    self: unknown,
    args: readonly unknown[],
  ) {
    this.#instrumentation = instrumentation;
    this.#notifier = notifier;
    this.#outer = outer;
    this.#self = self;
    this.#args = args;
    this.#operation = { id: uuid(), parent: outer?.operation, told: undefined };
  }

  /** Tells the start, and asks `when` once for a pair: both halves are told or none. */
  start(): void {
    const { start, isPair, options } = this.#instrumentation;
    if (start === undefined) return;
    const call = this.#call('start', undefined, undefined, false);
    if (!this.#isWanted(call)) {
      this.#ended = isPair;
      return;
    }
    this.#tell(start, options.priority ?? 'INFO', call, {});
  }

  /** Runs the method's body as this operation. */
  run<R>(body: () => R): R {
    return runInOperation(this.#operation, this.#outer, body);
  }

  complete(result: unknown): void {
    const { end, options, isPair } = this.#instrumentation;
    if (this.#hasEnded() || end === undefined) return;
    const call = this.#call('end', result, undefined, false);
    if (isPair || this.#isWanted(call)) this.#tell(end, options.priority ?? 'INFO', call, {});
  }

  fail(error: unknown): void {
    const { end, error: errorType, isPair, options } = this.#instrumentation;
    if (this.#hasEnded() || end === undefined || errorType === undefined) return;
    const text = describe(error);
    if (isCancellation(error)) {
      const call = this.#call('end', undefined, error, true);
      if (isPair || this.#isWanted(call)) this.#tell(end, 'WARN', call, text);
      return;
    }
    const call = this.#call('error', undefined, error, false);
    if (!isPair && !this.#isWanted(call)) return;
    const isTold = options.errors === 'all' || (options.errors !== 'none' && !this.#isUsers(error));
    if (isTold && this.#isAlreadyTold(errorType, error)) this.#notifier.countAlreadyTold();
    else if (isTold) this.#tell(errorType, 'ERROR', call, text);
    // A pair is always closed, so that nobody waits for an end that never comes.
    else if (isPair) this.#tell(end, 'WARN', call, text);
  }

  /**
   * True when the body told this error under this type. A pair is closed by that only if it carries the pair's own
   * operation id, so what a called operation told does not count there.
   */
  #isAlreadyTold(errorType: string, error: unknown): boolean {
    const where = whereTold(this.#operation, errorType, error);
    return where === 'here' || (where === 'below' && !this.#instrumentation.isPair);
  }

  #hasEnded(): boolean {
    const ended = this.#ended;
    this.#ended = true;
    return ended;
  }

  #isUsers(error: unknown): boolean {
    const { isUserError: rule } = this.#instrumentation.options;
    const ruled = rule && this.#notifier.guard('isUserError', () => rule(error), undefined);
    return ruled ?? isUserError(error);
  }

  #isWanted(call: AnyCall): boolean {
    const { when } = this.#instrumentation.options;
    return when === undefined || this.#notifier.guard('when', () => when(call), true) !== false;
  }

  #tell(eventType: string, priority: Priority, call: AnyCall, fallback: unknown): void {
    const { id, parent } = this.#operation;
    const context = {
      operation_id: id,
      ...(parent && { parent_operation_id: parent.id }),
      ...(call.phase !== 'start' && { duration_ms: Math.round(call.durationMs * 1_000) / 1_000 }),
    };
    const payload = this.#instrumentation.payloadOf(call) ?? fallback;
    this.#notifier.tell(eventType, priority, payload, undefined, this.#outer, context);
  }

  #call(phase: AnyCall['phase'], result: unknown, error: unknown, cancelled: boolean): AnyCall {
    return {
      args: this.#args,
      result,
      error,
      self: this.#self,
      phase,
      durationMs: phase === 'start' ? 0 : performance.now() - this.#began,
      bytes: 0,
      items: 0,
      cancelled,
    };
  }
}

/** The text that an error is told by; an array of validation errors names the properties, never their values. */
function describe(error: unknown): string {
  if (!Array.isArray(error)) return errorText(error);
  try {
    return `invalid: ${error.map((each) => (each as { property?: unknown })?.property ?? errorText(each)).join(', ')}`;
  } catch {
    return errorText(error);
  }
}
