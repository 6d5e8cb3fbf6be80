import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, examplesOf, Programs } from './runnable.js';

const page = readFileSync(new URL('../../docs/instrumenting.md', import.meta.url), 'utf8');
const examples = examplesOf(page);

it('the page has examples that are run, each with what it prints', () => {
  expect(examples.length).toBeGreaterThan(10);
  expect(examples).toHaveLength(page.match(/^```ts run/gm)?.length ?? 0);
  expect(examples.filter(({ output }) => output === undefined).map(({ line }) => `line ${line}`)).toEqual([]);
});

describe.each(['legacy', 'standard'] as const)(
  'the examples of docs/instrumenting.md, with %s decorators',
  (standard) => {
    let programs: Programs;
    beforeAll(async () => {
      programs = await Programs.compile(examples, standard);
    });
    afterAll(() => programs?.remove());

    it.each(examples.map((example): [number, Example] => [example.line, example]))(
      'print what the page says (line %i)',
      async (_, example) => {
        expect(await programs.run(example)).toBe(example.output);
      },
    );
  },
);
