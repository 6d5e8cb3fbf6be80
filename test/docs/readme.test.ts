import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { compile, type Snippet, snippetsOf } from './snippets.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

afterAll(() => {
  for (const name of readdirSync(join(root, 'build'))) {
    if (name.startsWith('snippets-')) rmSync(join(root, 'build', name), { recursive: true });
  }
});

function pages(): string[] {
  const docs = readdirSync(root).includes('docs') ? readdirSync(join(root, 'docs')) : [];
  return ['README.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
}

/** Nest's parameter decorators exist under `experimentalDecorators` only, and so does the metadata of class-validator. */
function needsExperimental({ code }: Snippet): boolean {
  return /from '(@nestjs\/|class-validator)/.test(code);
}

describe('the TypeScript in README.md and docs/', () => {
  const snippets = pages().flatMap((page) => snippetsOf(page, readFileSync(join(root, page), 'utf8')));
  const compiled = snippets.filter(({ ignored }) => ignored === undefined);

  it('is there', () => {
    expect(compiled.length).toBeGreaterThan(0);
  });

  it('gives a reason wherever it is not compiled', () => {
    const silent = snippets.filter(({ ignored }) => ignored === '');
    expect(silent.map(({ page, line }) => `${page}:${line} is marked "ts ignore" without a reason`)).toEqual([]);
  });

  it('compiles against the built package with experimentalDecorators', () => {
    expect(compile(compiled, 'experimental')).toEqual([]);
  });

  it('compiles with standard decorators', () => {
    const standard = compiled.filter((snippet) => !needsExperimental(snippet));
    expect(compile(standard, 'standard')).toEqual([]);
  });
});

describe('a page', () => {
  it('gives its TypeScript blocks, with their lines and the reasons for leaving one out', () => {
    const page = [
      '# Page',
      '```ts',
      'const a = 1;',
      '```',
      '```sh',
      'npm ci',
      '```',
      '````ts ignore the variable comes from the block above',
      'a;',
      '```',
      '````',
      '- ~~~typescript ignore',
      '  ~~~typescript ignore',
      '  b;',
      '  ~~~',
    ].join('\n');
    expect(snippetsOf('docs/a.md', page)).toEqual([
      { page: 'docs/a.md', line: 3, code: 'const a = 1;' },
      { page: 'docs/a.md', line: 9, code: 'a;\n```', ignored: 'the variable comes from the block above' },
      { page: 'docs/a.md', line: 14, code: '  b;', ignored: '' },
    ]);
  });

  it('with a mistake in it is told by its line', () => {
    const wrong = [
      { page: 'README.md', line: 41, code: `const a: string = 1;\nexport {};` },
      { page: 'docs/a.md', line: 7, code: `import { noSuchExport } from 'tidings';\nnoSuchExport();` },
    ];
    expect(compile(wrong, 'experimental')).toEqual([
      expect.stringMatching(/^README\.md:41: error TS2322/),
      expect.stringMatching(/^docs\/a\.md:7: error TS2305.*noSuchExport/),
    ]);
  });
});
