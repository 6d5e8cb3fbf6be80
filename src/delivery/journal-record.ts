/** One notification in the journal. Belongs to the journal: others only pass it back. */
export interface JournalRecord {
  /** Its place in the order of acceptance, over all drivers. */
  readonly sequence: number;
  /** False while it waits to be written. */
  readonly isOnDisk: boolean;
  /** Somebody waits until it is on disk. */
  hurry(): void;
}
