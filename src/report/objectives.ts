import { type Check, duration, shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { matchesEventPattern } from '../notification/event-pattern.js';
import { rounded } from './durations.js';

/** What one objective (`task.run=2s`) found in the operations of one name. */
export interface ObjectiveRow {
  /** As it was asked for. */
  readonly objective: string;
  readonly operation: string;
  readonly limitMs: number;
  /** Operations whose duration is known. */
  readonly checked: number;
  /** Those that took longer. */
  readonly violations: number;
  /** From 0 to 1. */
  readonly violationRate: number;
  /** Undefined where none was checked. */
  readonly worstMs: number | undefined;
}

interface Objective {
  readonly written: string;
  readonly pattern: string;
  readonly limitMs: number;
}

const limit: Check<number> = duration(0, 365 * 86_400_000);

/** What was promised of how long operations take. */
export class Objectives {
  readonly #objectives: readonly Objective[];
  readonly #counts = new Map<string, ObjectiveCounts[]>();

  /** `written`: `task.run=2s`, where the name may have `*` and `?` in it. @throws ConfigurationError */
  constructor(written: readonly string[], setting: string) {
    this.#objectives = written.map((entry) => {
      const [, pattern, limitText] = /^([A-Za-z0-9_.*?-]+)=(.+)$/.exec(entry) ?? [];
      if (pattern === undefined) {
        throw new ConfigurationError(setting, `is ${shown(entry)}; it takes an operation and a time, task.run=2s`);
      }
      return { written: entry, pattern, limitMs: limit(limitText, setting) };
    });
  }

  /** The shortest time that was promised of operations of this name, in milliseconds; undefined where none was. */
  limitOf(operation: string): number | undefined {
    const limits = this.#countsOf(operation).map(({ objective }) => objective.limitMs);
    return limits.length === 0 ? undefined : Math.min(...limits);
  }

  add(operation: string, durationMs: number): void {
    if (this.#objectives.length === 0) return;
    for (const counts of this.#countsOf(operation)) counts.add(durationMs);
  }

  rows(): ObjectiveRow[] {
    const rows = [...this.#counts.values()].flat().map((counts) => counts.row());
    const unmatched = this.#objectives.filter(({ written }) => !rows.some(({ objective }) => objective === written));
    // What nothing was told of is not fulfilled: a name may be misspelt.
    return [...rows, ...unmatched.map((objective) => new ObjectiveCounts(objective, objective.pattern).row())];
  }

  #countsOf(operation: string): readonly ObjectiveCounts[] {
    let counts = this.#counts.get(operation);
    if (counts === undefined) {
      counts = this.#objectives
        .filter(({ pattern }) => matchesEventPattern(pattern, operation))
        .map((objective) => new ObjectiveCounts(objective, operation));
      this.#counts.set(operation, counts);
    }
    return counts;
  }
}

class ObjectiveCounts {
  readonly objective: Objective;
  readonly #operation: string;
  #checked = 0;
  #violations = 0;
  #worstMs = 0;

  constructor(objective: Objective, operation: string) {
    this.objective = objective;
    this.#operation = operation;
  }

  add(durationMs: number): void {
    this.#checked += 1;
    if (durationMs > this.objective.limitMs) this.#violations += 1;
    if (durationMs > this.#worstMs) this.#worstMs = durationMs;
  }

  row(): ObjectiveRow {
    const [checked, violations] = [this.#checked, this.#violations];
    return {
      objective: this.objective.written,
      operation: this.#operation,
      limitMs: this.objective.limitMs,
      checked,
      violations,
      violationRate: checked === 0 ? 0 : violations / checked,
      worstMs: checked === 0 ? undefined : rounded(this.#worstMs),
    };
  }
}
