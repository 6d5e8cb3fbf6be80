import type { Generation } from './generations.js';

interface Run {
  first: number;
  last: number;
  readonly generation: Generation;
}

/**
 * The notifications of one driver that are on disk and not in memory, by their numbers: a million of them in a row
 * take the memory of one.
 */
export class DiskTail {
  readonly #runs: Run[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Numbers come in ascending order. */
  add(sequence: number, generation: Generation): void {
    this.#length += 1;
    const last = this.#runs.at(-1);
    if (last?.generation === generation && last.last === sequence - 1) last.last = sequence;
    else this.#runs.push({ first: sequence, last: sequence, generation });
  }

  has(sequence: number): boolean {
    return this.#indexOf(sequence) !== -1;
  }

  /** The first `limit` numbers. */
  first(limit: number): number[] {
    const sequences: number[] = [];
    for (const run of this.#runs) {
      for (let sequence = run.first; sequence <= run.last; sequence += 1) {
        if (sequences.length === limit) return sequences;
        sequences.push(sequence);
      }
    }
    return sequences;
  }

  /** Removes one; undefined when it is not there. */
  remove(sequence: number): Generation | undefined {
    const index = this.#indexOf(sequence);
    const run = this.#runs[index];
    if (run === undefined) return undefined;
    this.#length -= 1;
    if (run.first === run.last) this.#runs.splice(index, 1);
    else if (run.first === sequence) run.first += 1;
    else if (run.last === sequence) run.last -= 1;
    else {
      this.#runs.splice(index, 1, { ...run, last: sequence - 1 }, { ...run, first: sequence + 1 });
    }
    return run.generation;
  }

  #indexOf(sequence: number): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const run = this.#runs[middle] as Run;
      if (sequence < run.first) high = middle - 1;
      else if (sequence > run.last) low = middle + 1;
      else return middle;
    }
    return -1;
  }
}
