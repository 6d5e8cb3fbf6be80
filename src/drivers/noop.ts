import type { Driver } from '../delivery/driver.js';

/** Produces no notifications. The default. */
export class NoopDriver implements Driver {
  readonly name = 'noop';
  readonly discards = true;

  async deliver(): Promise<void> {}
}
