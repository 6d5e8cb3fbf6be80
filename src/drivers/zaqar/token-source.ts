import { askFunction } from '../../notification/ask-function.js';
import { DeliveryError, errorText } from '../../notification/errors.js';
import type { ZaqarSettings } from './options.js';
import { zaqarToken } from './settings.js';

/** The token for the next request: a fixed one, or what a function gives until the service refuses it. */
export class TokenSource {
  readonly #settings: Pick<ZaqarSettings, 'token' | 'timeoutMs'>;
  readonly #signal: AbortSignal;
  /** Asked once, for all who wait. */
  #current: Promise<string> | undefined;

  constructor(settings: Pick<ZaqarSettings, 'token' | 'timeoutMs'>, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Rejects with a DeliveryError when the function fails; it is asked again by the next call. */
  async token(): Promise<string | undefined> {
    const { token } = this.#settings;
    if (typeof token !== 'function') return token;
    const current = this.#current ?? this.#ask(token);
    this.#current = current;
    try {
      return await current;
    } catch (error) {
      if (this.#current === current) this.#current = undefined;
      throw error;
    }
  }

  /** The service has refused this token. True when there may be another one. */
  async refused(token: string | undefined): Promise<boolean> {
    if (typeof this.#settings.token !== 'function') return false;
    // Somebody else may have renewed it in the meantime.
    const current = await this.#current?.catch(() => undefined);
    if (current === token) this.#current = undefined;
    return true;
  }

  async #ask(ask: () => unknown): Promise<string> {
    const { timeoutMs } = this.#settings;
    const how = { option: 'zaqar.token', gives: 'token', timeoutMs, timeoutOption: 'timeoutMs' };
    const answer = await askFunction({ ask, ...how, signal: this.#signal });
    try {
      return zaqarToken(answer, 'what the function zaqar.token gives');
    } catch (error) {
      throw new DeliveryError(`${errorText(error)}; correct the function, it is asked again`);
    }
  }
}
