import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { glance } from '../../src/glance/index.js';

it('docs/notifications.md is what its generator writes', () => {
  expect(() =>
    execFileSync(process.execPath, ['docs/generate-notifications.mjs', '--check'], { stdio: 'pipe' }),
  ).not.toThrow();
});

it('docs/notifications.md has a section on every event of Glance', () => {
  const page = readFileSync('docs/notifications.md', 'utf8');
  const sections = [...page.matchAll(/^### (.*)$/gm)].map(([, eventType]) => eventType);
  expect(sections).toEqual(Object.keys(glance.events));
});
