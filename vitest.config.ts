import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Compiled, and run where what they need is installed.
    exclude: ['test/decorated/**'],
    globalSetup: ['test/support/broker-setup.ts', 'test/support/decorated-setup.ts'],
    // Two cores, and a broker beside the tests; but many of them wait for a broker that starts.
    maxWorkers: 3,
    testTimeout: 30_000,
    // Machines of CI are shared, and may stand still for seconds in the middle of a fault. What passes only the second time
    // is marked as such in the report; on a developer's machine it fails at once.
    retry: process.env.CI === 'true' ? 1 : 0,
    hookTimeout: 120_000,
    // Notifications of one test must not reach the settings of another.
    env: Object.fromEntries(
      Object.keys(process.env)
        .filter((name) => name.startsWith('TIDINGS_') && !name.startsWith('TIDINGS_TEST_'))
        .map((name) => [name, '']),
    ),
  },
});
