import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/broker-setup.ts', 'test/support/decorated-setup.ts'],
    // Two cores, and a broker beside the tests.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Notifications of one test must not reach the settings of another.
    env: Object.fromEntries(
      Object.keys(process.env)
        .filter((name) => name.startsWith('TIDINGS_') && !name.startsWith('TIDINGS_TEST_'))
        .map((name) => [name, '']),
    ),
  },
});
