import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditPeriod } from '../../src/audit/index.js';
import { EXISTS_USAGE } from '../../src/cli/exists-command.js';
import { REPORT_USAGE } from '../../src/cli/report-command.js';
import { examplesOf, Programs } from './runnable.js';

const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8');
const [periods, exists] = examplesOf(page);
let programs: Programs;
beforeAll(async () => {
  programs = await Programs.compile(examplesOf(page), 'standard');
});
afterAll(() => programs?.remove());

it('the table of periods is what the program prints', async () => {
  expect(await programs.run(periods as never)).toBe(periods?.output);
});

it('the program that tells what existed does so', async () => {
  const printed = await programs.run(exists as never);
  const { fields } = auditPeriod('day');
  expect(printed).toContain('told 1 messages, 1 bad: it has no time of creation\n');
  const images = [
    { id: 'i1', size: 10 },
    { id: 'i3', size: 30 },
  ];
  expect(printed).toContain(`INFO image.exists ${JSON.stringify({ owner: 'alice', ...fields, images })}\n`);
});

it('every option of the commands in it is one', () => {
  const written = [...page.matchAll(/tidings (exists|report) ([^\n]*)/g)];
  expect(written.length).toBeGreaterThan(5);
  for (const [, command, args = ''] of written) {
    for (const [option] of args.matchAll(/--[a-z-]+/g)) {
      expect(command === 'exists' ? EXISTS_USAGE : REPORT_USAGE).toContain(option);
    }
  }
});
