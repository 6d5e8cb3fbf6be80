// What only standard decorators can do.
import type * as tidings from '../../src/index.js';

export function definePrivateService({ Notifies }: Pick<typeof tidings, 'Notifies'>) {
  return class PrivateService {
    readonly prefix = 'secret-';

    @Notifies('private.work')
    #work(value: string): string {
      return this.prefix + value;
    }

    work(value: string): string {
      return this.#work(value);
    }
  };
}
