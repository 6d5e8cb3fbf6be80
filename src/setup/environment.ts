export const ENVIRONMENT_PREFIX = 'TIDINGS_';

export type Environment = Readonly<Record<string, string | undefined>>;

/** That of the process, as it is when it is read. */
export function processEnvironment(): Environment {
  return process.env;
}

/** A variable by its name without the prefix; empty is unset. */
export function environmentValue(environment: Environment, name: string): string | undefined {
  const value = environment[ENVIRONMENT_PREFIX + name]?.trim();
  return value === '' ? undefined : value;
}

/** Kubernetes sets these for a service that is called tidings; the test set-up has variables of its own. */
const NOT_OURS = /^(?:TEST_.*|SERVICE_(?:HOST|PORT.*)|PORT(?:_.*)?)$/;

/** Variables with our prefix that nobody reads: a misspelt one must not be silently without effect. */
export function unknownVariables(environment: Environment, known: ReadonlySet<string>): string[] {
  return Object.keys(environment).filter((variable) => {
    if (!variable.startsWith(ENVIRONMENT_PREFIX) || environment[variable] === '') return false;
    const name = variable.slice(ENVIRONMENT_PREFIX.length);
    return !known.has(name) && !NOT_OURS.test(name);
  });
}
