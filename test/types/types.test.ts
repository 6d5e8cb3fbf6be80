import { describe, expect, it } from 'vitest';
import { isFull } from '../support/fault-run.js';
import { COMPILERS, compileFixtures, RESOLUTIONS, STANDARDS, versionOf } from './compilers.js';

it('is tried with the oldest compiler that is supported, and with each major since', async () => {
  expect(await Promise.all(COMPILERS.map(versionOf))).toEqual(['5.4', '5.9', '6.0', expect.stringMatching(/^7\./)]);
});

describe.each([COMPILERS[0], COMPILERS[3]])("the types of Glance's events, compiled by %s", (compiler) => {
  it('hold everywhere in a program that imports them', async () => {
    expect(await compileFixtures(compiler, 'legacy', 'nodenext', ['glance-global'])).toBe('');
  });
});

/**
 * All of it with `npm run test:faults`. Else the newest compiler, which is quick, is tried in every way, the oldest with
 * each kind of resolution, and those between with one kind of decorators each: the compiler takes seconds each time.
 */
function resolutionsFor(compiler: (typeof COMPILERS)[number], standard: (typeof STANDARDS)[number]) {
  if (isFull || compiler === 'typescript') return RESOLUTIONS;
  if (compiler === 'typescript-5.4') return standard === 'legacy' ? RESOLUTIONS : (['nodenext'] as const);
  return (compiler === 'typescript-5.9') === (standard === 'legacy') ? (['nodenext'] as const) : [];
}

// Every line of the fixtures that must be refused is marked `@ts-expect-error`, so all that a compiler may say is nothing.
describe.each(COMPILERS)('the types, compiled by %s', (compiler) => {
  const standards = STANDARDS.filter((standard) => resolutionsFor(compiler, standard).length > 0);
  describe.each(standards)('with %s decorators', (standard) => {
    it.each(resolutionsFor(compiler, standard))(
      'and module resolution %s, hold what they promise',
      async (resolution) => {
        expect(await compileFixtures(compiler, standard, resolution)).toBe('');
      },
    );
  });
});
