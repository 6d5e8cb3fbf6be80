import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DRIVER_CHOICE } from '../../src/setup/driver-choice.js';
import { DRIVER_SETTINGS } from '../../src/setup/driver-registry.js';
import { SETTINGS } from '../../src/setup/settings.js';

const read = [
  ...DRIVER_CHOICE.map(({ env }) => env),
  ...Object.values(SETTINGS).flatMap(({ env }) => env ?? []),
  ...DRIVER_SETTINGS.map(({ setting }) => setting.env),
];

/** The variables that the tables of a page have a row for. */
function rowsOf(page: string): string[] {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `TIDINGS_([A-Z0-9_]+)` \|/gm);
  return [...rows].map(([, name = '']) => name);
}

it('docs/configuration.md has every variable that is read, and no other', () => {
  expect(rowsOf('docs/configuration.md').sort()).toEqual(read.sort());
});

it('docs/configuration.md is what npm run docs makes of the tables', () => {
  const { stderr, status } = spawnSync(process.execPath, ['docs/generate-configuration.mjs', '--check'], {
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});

it('the README has no variable that is not read', () => {
  expect(rowsOf('README.md').filter((name) => !read.includes(name))).toEqual([]);
});
