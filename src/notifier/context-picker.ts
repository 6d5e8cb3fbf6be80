import { DEFAULT_CONTEXT_KEYS } from '../notification/context-keys.js';
import { ConfigurationError } from '../notification/errors.js';
import type { JsonValue } from '../notification/json.js';
import type { NotificationContext } from '../notification/notification.js';
import { Redaction } from '../notification/redaction.js';
import { Capturer } from './capture.js';
import { finishPayload } from './finish-payload.js';

const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
const EMPTY: NotificationContext = Object.freeze({});
const VALUE_LIMITS = { maxBytes: 8_192, maxDepth: 4 };

/** Takes the keys that go out from the contexts that surround a notification. */
export class ContextPicker {
  readonly #keys: readonly string[];
  readonly #redaction: Redaction;
  readonly #capturer: Capturer;

  /** `more`: keys beside the default ones; a ConfigurationError for one that names a credential. */
  constructor(more: readonly string[], redaction: Redaction) {
    const builtIn = new Redaction();
    for (const key of more) {
      if (!KEY.test(key)) {
        throw new ConfigurationError('contextKeys', `has ${JSON.stringify(key)}; it takes names such as tenant_id`);
      }
      if (builtIn.isSensitive(key)) {
        throw new ConfigurationError('contextKeys', `has ${JSON.stringify(key)}; credentials never leave the process`);
      }
    }
    this.#keys = [...new Set([...DEFAULT_CONTEXT_KEYS, ...more])];
    this.#redaction = redaction;
    this.#capturer = new Capturer(redaction, VALUE_LIMITS);
  }

  /** Later contexts win over earlier ones. */
  pick(...contexts: readonly (NotificationContext | undefined)[]): NotificationContext {
    let picked: Record<string, JsonValue> | undefined;
    for (const context of contexts) {
      if (context === undefined) continue;
      for (const key of this.#keys) {
        const value = this.#read(context, key);
        if (value === undefined) continue;
        picked ??= {};
        picked[key] = value;
      }
    }
    return picked ?? EMPTY;
  }

  #read(context: NotificationContext, key: string): JsonValue | undefined {
    try {
      const value: unknown = context[key];
      if (value === undefined || value === null) return undefined;
      // Nearly all are ids.
      if (typeof value === 'string' && value.length <= VALUE_LIMITS.maxBytes) return value.toWellFormed();
      if (typeof value === 'number' || typeof value === 'boolean') return takeNumber(value);
      return finishPayload(this.#capturer.capture(value).value, this.#redaction);
    } catch {
      // Too large, or it threw when it was read: the notification is worth more than one id.
      return undefined;
    }
  }
}

function takeNumber(value: number | boolean): JsonValue | undefined {
  return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
}
