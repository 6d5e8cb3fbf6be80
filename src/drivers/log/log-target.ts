import type { DeliveryOutcome, OutgoingMessage } from '../../delivery/driver.js';

/** What a log driver logs to. */
export interface LogTarget {
  /** Makes the target ready; does nothing when it is. Rejects with an error to act upon. `warn`: as of a DriverHost. */
  open(warn?: (message: string) => void): Promise<void>;
  /** Logs a batch, in its order; one outcome per message. Always settles. */
  log(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[]>;
  /** Lets go of what the target opened itself. Never rejects. */
  close(): Promise<void>;
}
