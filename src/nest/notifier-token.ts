import { text } from '../notification/configuration.js';
import { Notifier } from '../notifier/notifier.js';

const NAME = { pattern: /^[\w.-]{1,100}$/, rule: 'a name of A-Z, a-z, 0-9, "_", "-" and ".", at most 100' };

/**
 * What a module's notifier is injected by: the class itself, or, of one with a name, a text. Throws a ConfigurationError
 * for a name that is none.
 */
export function getNotifierToken(name?: string): typeof Notifier | string {
  return name === undefined ? Notifier : `tidings:notifier:${text(NAME)(name, 'name')}`;
}
