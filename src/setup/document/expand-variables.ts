import type { Environment } from '../environment.js';

const REFERENCE = /\$(\$?)\{([^}]*)(\}?)/g;
const NAME_AND_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

export interface Expanded {
  readonly text: string;
  /** What was taken from the environment: it may be a secret. */
  readonly taken: readonly string[];
}

/**
 * Puts variables of the environment into a text: `${NAME}`, or `${NAME:-what stands there when it is unset or empty}`;
 * `$${` is `${` itself. Any variable, not only those of tidings. `complain` is told what is wrong, and throws.
 */
export function expandVariables(
  text: string,
  environment: Environment,
  complain: (problem: string) => never,
): Expanded {
  const taken: string[] = [];
  const expanded = text.replaceAll(REFERENCE, (written: string, isEscaped: string, inside: string, end: string) => {
    if (isEscaped !== '') return written.slice(1);
    const match = NAME_AND_DEFAULT.exec(inside);
    if (end === '' || match === null) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the operator writes.
      return complain('has a ${ that begins no variable; it takes ${NAME} or ${NAME:-default}, and $${ for ${ itself');
    }
    const [, name = '', otherwise] = match;
    const value = environment[name];
    if (value !== undefined && value !== '') {
      taken.push(value);
      return value;
    }
    return otherwise ?? complain(`takes the variable ${name} of the environment, which is not set`);
  });
  return { text: expanded, taken };
}
