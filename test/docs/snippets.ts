import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One fenced block of TypeScript in a page. */
export interface Snippet {
  readonly page: string;
  /** The line of the page that the code begins at, from 1. */
  readonly line: number;
  readonly code: string;
  /** Why it is not compiled, after `ts ignore`; empty when the reason is missing. */
  readonly ignored?: string;
}

/** The blocks that are marked `ts`. */
export function snippetsOf(page: string, markdown: string): Snippet[] {
  const found: Snippet[] = [];
  let open: { fence: string; info: string; line: number; code: string[] } | undefined;
  markdown.split('\n').forEach((text, index) => {
    const [, fence = '', info = ''] = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text) ?? [];
    if (open === undefined) {
      if (fence !== '') open = { fence, info, line: index + 2, code: [] };
    } else if (fence.startsWith(open.fence) && info === '') {
      const [language = '', mark, ...reason] = open.info.split(/\s+/);
      if (['ts', 'typescript', 'tsx', 'mts', 'cts'].includes(language)) {
        const snippet = { page, line: open.line, code: open.code.join('\n') };
        found.push(mark === 'ignore' ? { ...snippet, ignored: reason.join(' ') } : snippet);
      }
      open = undefined;
    } else {
      open.code.push(text);
    }
  });
  return found;
}

const OPTIONS = {
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  module: 'nodenext',
  moduleDetection: 'force',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noEmit: true,
  skipLibCheck: true,
};

const DECORATORS = {
  standard: {},
  experimental: { experimentalDecorators: true, emitDecoratorMetadata: true },
} as const;

export type Decorators = keyof typeof DECORATORS;

/**
 * Compiles snippets as a user of the built package would, and returns the compiler's messages, each with the page and
 * the line in it. They lie inside of the project, so that `tidings` resolves to the package itself.
 */
export function compile(snippets: readonly Snippet[], decorators: Decorators): string[] {
  if (!existsSync(join(root, 'dist/esm/index.d.ts'))) throw new Error('dist/ is not there: npm run build');
  mkdirSync(join(root, 'build'), { recursive: true });
  const folder = mkdtempSync(join(root, 'build', 'snippets-'));
  const pages = new Map<string, string>();
  snippets.forEach(({ page, line, code }, index) => {
    const file = `${index}-${basename(page, '.md')}.ts`;
    pages.set(file, page);
    // The line numbers of the page.
    writeFileSync(join(folder, file), `${'\n'.repeat(line - 1)}${code}\n`);
  });
  const compilerOptions = { ...OPTIONS, ...DECORATORS[decorators] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...pages.keys()] }));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr, status } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  });
  const place = `${relative(root, folder)}/`;
  const messages = `${stdout}${stderr}`
    .split('\n')
    .filter((text) => text.trim() !== '')
    .map((text) =>
      text.replace(place, '').replace(/^(\S+?\.ts)\((\d+),\d+\)/, (_, file, at) => `${pages.get(file)}:${at}`),
    );
  if (status !== 0 && messages.length === 0) throw new Error(`tsc ended with ${status}`);
  return messages;
}
