import { expect, it, onTestFinished, vi } from 'vitest';
import { ThrottledReporter } from '../../src/notification/reporter.js';

it.each([
  ['throws', () => fail()],
  ['rejects', async () => fail()],
])('a reporter that %s is told of on standard error, and harms nobody', async (_, warn) => {
  const said: unknown[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(text) > 0);
  onTestFinished(() => write.mockRestore());
  new ThrottledReporter({ warn, info: () => {} }).warn('key', () => 'message');
  await vi.waitFor(() => expect(said).toEqual(['tidings: the reporter failed: no network\n']));
});

function fail(): never {
  throw new Error('no network');
}
