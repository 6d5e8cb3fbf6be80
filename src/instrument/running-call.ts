import { runInOperation, type Surroundings } from '../notification/context-store.js';
import { errorText } from '../notification/errors.js';
import { Operation } from '../notification/operation.js';
import type { Priority } from '../notification/priority.js';
import type { Notifier } from '../notifier/notifier.js';
import type { AnyCall } from './call.js';
import type { Instrumentation } from './instrumentation.js';
import { whereTold } from './told-errors.js';
import { isCancellation, isUserError } from './user-errors.js';

/** How far a call has come; what a payload function is told of it is made from this. */
interface Moment {
  readonly phase: AnyCall['phase'];
  readonly result?: unknown;
  readonly error?: unknown;
  readonly cancelled?: boolean;
}

const START: Moment = { phase: 'start' };

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
    this.#operation = new Operation(outer?.operation);
  }

  /** Tells the start, and asks `when` once for a pair: both halves are told or none. */
  start(): void {
    const { start, isPair, options } = this.#instrumentation;
    if (start === undefined) return;
    if (this.#isWanted(start, START)) this.#tell(start, options.priority ?? 'INFO', START, 0, undefined);
    else this.#ended = isPair;
  }

  /** Runs the method's body as this operation. */
  run<R>(body: () => R): R {
    return runInOperation(this.#operation, this.#outer, body);
  }

  complete(result: unknown): void {
    const { end, options, isPair } = this.#instrumentation;
    if (this.#hasEnded() || end === undefined) return;
    const moment: Moment = { phase: 'end', result };
    const durationMs = this.#elapsed();
    if (isPair || this.#isWanted(end, moment, durationMs)) {
      this.#tell(end, options.priority ?? 'INFO', moment, durationMs, undefined);
    }
  }

  fail(error: unknown): void {
    const { end, error: errorType, isPair, options } = this.#instrumentation;
    if (this.#hasEnded() || end === undefined || errorType === undefined) return;
    const durationMs = this.#elapsed();
    const cancelled = isCancellation(error);
    const moment: Moment = { phase: cancelled ? 'end' : 'error', error, cancelled };
    if (!isPair && !this.#isWanted(errorType, moment, durationMs)) return;
    const isTold = !cancelled && options.errors !== 'none' && (options.errors === 'all' || !this.#isUsers(error));
    if (isTold && this.#isAlreadyTold(errorType, error)) this.#notifier.countAlreadyTold();
    else if (isTold) this.#tell(errorType, 'ERROR', moment, durationMs, error);
    // A pair is always closed, so that nobody waits for an end that never comes.
    else if (isPair || cancelled) this.#tell(end, 'WARN', moment, durationMs, error);
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

  #elapsed(): number {
    return performance.now() - this.#began;
  }

  #isUsers(error: unknown): boolean {
    const { options, end } = this.#instrumentation;
    const { isUserError: rule } = options;
    const ruled = rule && this.#notifier.guard('isUserError', end as string, () => rule(error), undefined);
    return ruled ?? isUserError(error);
  }

  #isWanted(eventType: string, moment: Moment, durationMs = 0): boolean {
    const { when } = this.#instrumentation.options;
    if (when === undefined) return true;
    return this.#notifier.guard('when', eventType, () => when(this.#call(moment, durationMs)), true) !== false;
  }

  /** Without a payload function an error is told by its text, anything else by `{}`. */
  #tell(eventType: string, priority: Priority, moment: Moment, durationMs: number, error: unknown): void {
    const configured = this.#instrumentation.payloadOf(moment.phase);
    let payload: unknown;
    if (configured === undefined) payload = 'error' in moment ? describe(error) : undefined;
    else if (configured === 'result') payload = () => moment.result;
    else payload = () => configured(this.#call(moment, durationMs));
    const told = moment.phase === 'start' ? undefined : durationMs;
    this.#notifier.tell(eventType, priority, payload, undefined, this.#outer, this.#operation, told);
  }

  #call({ phase, result, error, cancelled = false }: Moment, durationMs: number): AnyCall {
    const [args, self] = [this.#args, this.#self];
    return { args, result, error, self, phase, durationMs, bytes: 0, items: 0, cancelled };
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
