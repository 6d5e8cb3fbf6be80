import { MethodNotAllowedError, NotFoundError } from '../errors.js';
import type { Exchange } from './exchange.js';

/** The named parts of a path: `{ id, member }` for `/v2/images/:id/members/:member`. */
export type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [name in Name]: string } & ParamsOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [name in Name]: string }
    : unknown;

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: (exchange: Exchange, params: Record<string, string>) => Promise<void>;
}

/** In `path` a part that begins with a colon stands for any part, and gives it its name. */
export function route<Path extends string>(
  method: string,
  path: Path,
  handler: (exchange: Exchange, params: ParamsOf<Path>) => Promise<void>,
): Route {
  return { method, path, handler: (exchange, params) => handler(exchange, params as ParamsOf<Path>) };
}

/** Throws a NotFoundError for an unknown path, a MethodNotAllowedError for a known one. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): (exchange: Exchange) => Promise<void> {
  const allowed: string[] = [];
  for (const route of routes) {
    const params = matchPath(route.path, path);
    if (params === undefined) continue;
    if (route.method === method) return (exchange) => route.handler(exchange, params);
    allowed.push(route.method);
  }
  if (allowed.length > 0) throw new MethodNotAllowedError(method, allowed);
  throw new NotFoundError(`there is nothing at ${path}`);
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const expected = pattern.split('/');
  const found = path.split('/');
  if (expected.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const value = found[index] ?? '';
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}
