import { expect, it } from 'vitest';
import { NestApp } from '../support/nest-app.js';

// Nest 12 is ES modules, which Jest loads only under flags of Node; there vitest is the usual runner, and the example's.
it('a Nest 11 application is tested under Jest', { timeout: 5 * 60_000 }, async () => {
  const app = await NestApp.compile('nest-jest', 11, 'commonjs');
  const jest = '../../node_modules/jest/bin/jest.js';
  const { stderr } = await app.node([jest, '--ci', '--rootDir', 'out', '--testEnvironment', 'node']);
  expect(stderr).toMatch(/Tests: +3 passed, 3 total/);
  expect(stderr).not.toMatch(/did not exit|Force exiting/);
});
