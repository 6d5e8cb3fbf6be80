import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, examplesOf, Programs } from './runnable.js';

const examples = examplesOf(readFileSync(new URL('../../docs/catalogs.md', import.meta.url), 'utf8'));

// Payload classes need experimentalDecorators.
describe('the examples of docs/catalogs.md', () => {
  let programs: Programs;
  beforeAll(async () => {
    programs = await Programs.compile(examples, 'legacy');
  });
  afterAll(() => programs?.remove());

  it('are there, each with what it prints', () => {
    expect(examples.map(({ output }) => output)).toEqual([expect.anything(), expect.anything(), expect.anything()]);
  });

  it.each(examples.map((example): [number, Example] => [example.line, example]))(
    'print what the page says (line %i)',
    async (_, example) => {
      expect(await programs.run(example)).toBe(example.output);
    },
  );
});
