import type { Accepted } from '../entry.js';
import type { Journal } from '../journal.js';
import type { DriverReport } from '../receipt.js';
import { DiskTail } from './disk-tail.js';
import type { Generation } from './generations.js';

/** At most this many are loaded at once, so that the service runs in between. */
const LOAD_MESSAGES = 1_000;

export interface BacklogEvents {
  /** In memory again. */
  loaded(accepted: Accepted, generation: Generation): void;
  /** Its record cannot be read. */
  lost(generation: Generation): void;
}

/** What of one driver's queue is on disk only: more comes at its end, and its head is loaded when there is room. */
export class DiskBacklog {
  readonly #journal: Journal;
  readonly #driver: number;
  readonly #events: BacklogEvents;
  readonly #tail = new DiskTail();
  #isLoading = false;

  constructor(journal: Journal, driver: number, events: BacklogEvents) {
    this.#journal = journal;
    this.#driver = driver;
    this.#events = events;
  }

  get length(): number {
    return this.#tail.length;
  }

  has(sequence: number): boolean {
    return this.#tail.has(sequence);
  }

  add(sequence: number, generation: Generation): void {
    this.#tail.add(sequence, generation);
  }

  remove(sequence: number): Generation | undefined {
    return this.#tail.remove(sequence);
  }

  /** Removes everything. */
  clear(removed: (sequence: number, generation: Generation) => void): void {
    for (const sequence of this.#tail.first(Number.POSITIVE_INFINITY)) {
      removed(sequence, this.#tail.remove(sequence) as Generation);
    }
  }

  /** Loads the head, as far as there is room. `lostReport`: what the receipts of those that cannot be read say. */
  load(messages: number, bytes: number, lostReport: DriverReport): void {
    if (this.#isLoading || this.#tail.length === 0 || messages < 1 || bytes < 1) return;
    this.#isLoading = true;
    const sequences = this.#tail.first(Math.min(messages, LOAD_MESSAGES));
    this.#journal.load(this.#driver, sequences, bytes).then(
      (found) => {
        this.#isLoading = false;
        for (const [index, accepted] of found.entries()) {
          const sequence = sequences[index] as number;
          const generation = this.#tail.remove(sequence);
          // Given up in the meantime.
          if (generation === undefined) {
            if (accepted?.record !== undefined) this.#journal.release(accepted.record, this.#driver);
          } else if (accepted !== undefined) this.#events.loaded(accepted, generation);
          else {
            this.#journal.report(this.#driver, sequence, lostReport);
            this.#events.lost(generation);
          }
        }
      },
      // The journal says what is wrong, and wakes its readers when it works again.
      () => {
        this.#isLoading = false;
      },
    );
  }
}
