import { v4 as uuid } from 'uuid';
import { ambientSpan, type SpanIds } from './trace-parent.js';

/** One instrumented call in progress: what it tells, and what is told inside of it, carries its id. */
export class Operation {
  /** The operation that this one was called from. */
  readonly parent: Operation | undefined;
  /** The OpenTelemetry span around it: at its end, another or none may be active. */
  readonly span: SpanIds | undefined = ambientSpan();
  /** Error → event type → true where it was told in this very operation, false where in one that it called. */
  told: Map<unknown, Map<string, boolean>> | undefined = undefined;
  #id: string | undefined = undefined;

  constructor(parent: Operation | undefined) {
    this.parent = parent;
  }

  /** A UUID, made when it is first asked for: in the background, for most calls. */
  get id(): string {
    this.#id ??= uuid();
    return this.#id;
  }
}
