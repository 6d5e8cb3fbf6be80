/**
 * Why a notification was given up. With a spool, what is `refused` or `too_large` is a dead letter instead: it is counted
 * as `dead`, and dropped only where it is in no spool, or there is no room for more dead letters.
 * - `overflow`: the queue was full.
 * - `refused`: the other end will never take it.
 * - `expired`: older than `maxAge`.
 * - `too_large`: over `maxMessageBytes`, its payload when it was told or its message in the driver's wire format.
 * - `unserializable`: it could not be put into the wire format.
 * - `invalid`: its payload breaks the rules of its catalog, and `validation` is `drop`.
 * - `closed`: the notifier was closed before it was delivered, and there was no spool to leave it in.
 * - `damaged`: its record in the spool could not be read.
 */
export type DropReason =
  | 'overflow'
  | 'refused'
  | 'expired'
  | 'too_large'
  | 'unserializable'
  | 'invalid'
  | 'closed'
  | 'damaged';

/**
 * The account of one driver. At every moment
 * `accepted + recovered = delivered + waiting + inFlight + dead + (the sum of dropped)`.
 *
 * What a closed notifier has left in its spool stays `waiting` in its account for good: it waits for the next process,
 * in whose account it is `recovered`.
 */
export interface DriverStats {
  /** Given to this driver since the notifier was made. */
  readonly accepted: number;
  /** Taken over from the spool of an earlier process, with what tells that its operations were cut off. */
  readonly recovered: number;
  /** Confirmed by the other end. */
  readonly delivered: number;
  /** In the queue, between two attempts, or on disk only. */
  readonly waiting: number;
  /** Handed to the driver, no answer yet. */
  readonly inFlight: number;
  /** Set aside in the spool's dead letters: refused by the other end for good, or over `maxMessageBytes`. */
  readonly dead: number;
  /** Given up, by reason. A reason that never occurred is absent. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Attempts after the first. Beside the account: a notification may be tried often. */
  readonly retried: number;
  /** Beside the account: how many had a marker put in place of a payload that was too large (`oversized: 'marker'`). */
  readonly shortened: number;
  /** A gauge beside the account: how many of those to be delivered are on disk. */
  readonly onDisk: number;
}

/** Keeps one driver's account; each method moves one notification, or several, from one state to another. */
export class Account {
  #accepted = 0;
  #recovered = 0;
  #dead = 0;
  #delivered = 0;
  #waiting = 0;
  #inFlight = 0;
  /** Of those that wait, how many were left on disk when time ran out: for the next process. */
  #left = 0;
  #retried = 0;
  #shortened = 0;
  readonly #dropped: Partial<Record<DropReason, number>> = {};

  get waiting(): number {
    return this.#waiting;
  }

  /** Not yet delivered and not given up, and the business of this process. */
  get pending(): number {
    return this.#waiting + this.#inFlight - this.#left;
  }

  accept(): void {
    this.#accepted += 1;
    this.#waiting += 1;
  }

  /** Undoes {@link accept}: it is as if it had never been told. */
  retract(): void {
    this.#accepted -= 1;
    this.#waiting -= 1;
  }

  recover(): void {
    this.#recovered += 1;
    this.#waiting += 1;
  }

  bury(from: 'waiting' | 'inFlight'): void {
    this.#leave(from);
    this.#dead += 1;
  }

  send(isRetry: boolean): void {
    this.#waiting -= 1;
    this.#inFlight += 1;
    if (isRetry) this.#retried += 1;
  }

  deliver(): void {
    this.#inFlight -= 1;
    this.#delivered += 1;
  }

  shorten(): void {
    this.#shortened += 1;
  }

  returnToQueue(): void {
    this.#inFlight -= 1;
    this.#waiting += 1;
  }

  /** It waits on disk, for the next process. */
  leaveOnDisk(): void {
    this.#left += 1;
  }

  drop(from: 'waiting' | 'inFlight', reason: DropReason): void {
    this.#leave(from);
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  stats(onDisk: number): DriverStats {
    return {
      accepted: this.#accepted,
      recovered: this.#recovered,
      delivered: this.#delivered,
      waiting: this.#waiting,
      inFlight: this.#inFlight,
      dead: this.#dead,
      dropped: { ...this.#dropped },
      retried: this.#retried,
      shortened: this.#shortened,
      onDisk,
    };
  }

  #leave(state: 'waiting' | 'inFlight'): void {
    if (state === 'waiting') this.#waiting -= 1;
    else this.#inFlight -= 1;
  }
}
