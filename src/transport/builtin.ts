import { createRequire } from 'node:module';

interface Builtins {
  readonly 'node:http': typeof import('node:http');
  readonly 'node:https': typeof import('node:https');
  readonly 'node:tls': typeof import('node:tls');
}

/**
 * Loads a module of Node's when it is first needed: a service that does not speak HTTP need not wait for it when it
 * imports tidings. The path only has to be absolute; nothing is searched from it.
 */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  return createRequire(process.execPath)(name) as Builtins[Name];
}
