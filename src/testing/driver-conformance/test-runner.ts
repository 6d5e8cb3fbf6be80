import { TidingsError } from '../../notification/errors.js';

/** The part of vitest, Jest or `node:test` that the suite needs. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it: TestFunction;
}

export interface TestFunction {
  (name: string, test: () => Promise<void>): unknown;
  skip?(name: string, test: () => Promise<void>): unknown;
}

/** The `describe` and `it` that the runner has made global: Jest does, vitest with `globals: true`. */
export function globalRunner(): TestRunner {
  const { describe, it } = globalThis as Partial<TestRunner>;
  if (typeof describe === 'function' && typeof it === 'function') return { describe, it };
  throw new TidingsError(
    'CONFIGURATION',
    "there are no global describe and it; give those of your runner: { runner: { describe, it } } of 'vitest' or 'node:test'",
  );
}
