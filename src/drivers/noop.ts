import type { Driver } from '../delivery/driver.js';

/** Produces no notifications. The default. */
export class NoopDriver implements Driver {
  readonly name: string;
  readonly discards = true;

  /** `name`: to tell several of them apart. Default: `noop`. */
  constructor(options: { readonly name?: string } = {}) {
    this.name = options.name ?? 'noop';
  }

  async deliver(): Promise<void> {}
}
