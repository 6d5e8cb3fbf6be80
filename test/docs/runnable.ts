import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A block marked `ts run`, and the `text` block under it: what it prints. */
export interface Example {
  /** The line of the page that the code begins at, from 1. */
  readonly line: number;
  readonly code: string;
  /** `ts run context`: what is told is printed with its context. */
  readonly withContext: boolean;
  /** Undefined where no `text` block follows. */
  readonly output: string | undefined;
}

export function examplesOf(markdown: string): Example[] {
  const blocks = markdown.matchAll(/^```ts run( context)?\n(.*?)^```\n(?:\n*^```text\n(.*?)^```$)?/gms);
  return [...blocks].map(({ index, 1: context, 2: code = '', 3: output }) => ({
    line: markdown.slice(0, index).split('\n').length + 1,
    code,
    withContext: context !== undefined,
    output,
  }));
}

/**
 * Gives a program the notifier that the page speaks of, and prints what was told when nothing is left to do. Ids and
 * times are different each time, so that of the context only which of them are the same is shown.
 */
const PRELOAD = `
import { configureNotifications } from 'tidings';
import { MemoryDriver } from 'tidings/drivers/memory';

const memory = new MemoryDriver();
const notifier = configureNotifications({ drivers: [memory] });
const ids = new Map();

function shown(key, value) {
  if (key === 'duration_ms') return '<ms>';
  if (!key.endsWith('operation_id')) return value;
  if (!ids.has(value)) ids.set(value, '<' + (ids.size + 1) + '>');
  return ids.get(value);
}

let isPrinted = false;
process.on('beforeExit', async () => {
  if (isPrinted) return;
  isPrinted = true;
  await notifier.flush();
  for (const { priority, eventType, payload, context } of memory.notifications) {
    const line = [priority, eventType, JSON.stringify(payload)];
    if (process.env.WITH_CONTEXT === 'true') line.push(JSON.stringify(context, shown));
    console.log(...line);
  }
});
`;

const COMPILER_OPTIONS = {
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  module: 'nodenext',
  moduleDetection: 'force',
  strict: true,
  skipLibCheck: true,
  rootDir: '.',
  outDir: '.',
};

/** The programs of a page, compiled against the built package under one decorator standard. */
export class Programs {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async compile(examples: readonly Example[], standard: 'legacy' | 'standard'): Promise<Programs> {
    if (!existsSync(join(root, 'dist/esm/index.js'))) throw new Error('dist/ is not there: npm run build');
    await mkdir(join(root, 'build'), { recursive: true });
    // Inside of the project, so that `tidings` is the package itself.
    const folder = await mkdtemp(join(root, 'build', 'runnable-'));
    const isLegacy = standard === 'legacy';
    const compilerOptions = {
      ...COMPILER_OPTIONS,
      experimentalDecorators: isLegacy,
      emitDecoratorMetadata: isLegacy,
    };
    const files = examples.map(({ line }) => `line-${line}.ts`);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    await writeFile(join(folder, 'preload.js'), PRELOAD);
    for (const { line, code } of examples) {
      // The line numbers of the page.
      await writeFile(join(folder, `line-${line}.ts`), `${'\n'.repeat(line - 1)}${code}`);
    }
    const said = await node(root, {}, join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false');
    if (said !== '') throw new Error(said);
    return new Programs(folder);
  }

  /** Everything that the program of an example says, standard error too. */
  run({ line, withContext }: Example): Promise<string> {
    return node(this.#folder, { WITH_CONTEXT: String(withContext) }, '--import', './preload.js', `line-${line}.js`);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Runs Node without the settings of the test run. */
function node(cwd: string, env: Record<string, string>, ...args: string[]): Promise<string> {
  const { PATH, HOME } = process.env;
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd, env: { PATH, HOME, ...env }, timeout: 30_000 }, (error, stdout, stderr) => {
      done(stdout + stderr + (error === null || stdout + stderr !== '' ? '' : String(error)));
    });
  });
}
