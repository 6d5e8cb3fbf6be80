import { describe, expect, it } from 'vitest';
import { COMPILERS, compileFixtures, RESOLUTIONS, STANDARDS, versionOf } from './compilers.js';

it('is tried with the oldest compiler that is supported, and with each major since', async () => {
  expect(await Promise.all(COMPILERS.map(versionOf))).toEqual(['5.4', '5.9', '6.0', expect.stringMatching(/^7\./)]);
});

describe.each([COMPILERS[0], COMPILERS[3]])("the types of Glance's events, compiled by %s", (compiler) => {
  it('hold everywhere in a program that imports them', async () => {
    expect(await compileFixtures(compiler, 'legacy', 'nodenext', ['glance-global'])).toBe('');
  });
});

/** The oldest and the newest resolve in every way; how it is done has not changed in between, nor goes by decorators. */
function resolutionsFor(compiler: (typeof COMPILERS)[number], standard: (typeof STANDARDS)[number]) {
  const isEvery = compiler === COMPILERS.at(-1) || (compiler === COMPILERS[0] && standard === 'legacy');
  return isEvery ? RESOLUTIONS : (['nodenext'] as const);
}

// Every line of the fixtures that must be refused is marked `@ts-expect-error`, so all that a compiler may say is nothing.
describe.each(COMPILERS)('the types, compiled by %s', (compiler) => {
  describe.each(STANDARDS)('with %s decorators', (standard) => {
    it.each(resolutionsFor(compiler, standard))(
      'and module resolution %s, hold what they promise',
      async (resolution) => {
        expect(await compileFixtures(compiler, standard, resolution)).toBe('');
      },
    );
  });
});
