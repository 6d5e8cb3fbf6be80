import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DRIVER_SETTINGS } from '../../src/setup/driver-registry.js';
import { SETTINGS } from '../../src/setup/settings.js';

it('the table of the README has every variable that is read, and no other', () => {
  const rows = readFileSync('README.md', 'utf8').matchAll(/^\| `TIDINGS_([A-Z0-9_]+)` \|/gm);
  const read = [
    'DRIVERS',
    ...Object.values(SETTINGS).flatMap(({ env }) => env ?? []),
    ...DRIVER_SETTINGS.map(({ setting }) => setting.env),
  ];
  expect([...rows].map(([, name]) => name).sort()).toEqual(read.sort());
});
