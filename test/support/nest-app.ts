import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Nest 11 applications are CommonJS mostly, since Nest is; from 12 on Nest is ES modules. */
export const NEST_MODULES = { 11: 'commonjs', 12: 'module' } as const;

const COMPILER_OPTIONS = {
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  module: 'nodenext',
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  rootDir: 'src',
  outDir: 'out',
};

/**
 * Installs a major version of Nest in a folder of its own (once), compiles the application of test/decorated/nest there
 * against it and the built package, runs it, and returns what it printed.
 */
export async function runNestApp(major: keyof typeof NEST_MODULES): Promise<unknown> {
  if (!existsSync(join(root, 'dist/esm/index.d.ts'))) throw new Error('dist/ is not there: npm run build');
  const folder = join(root, 'build', `nest-${major}`);
  await install(folder, major);
  await rm(join(folder, 'src'), { recursive: true, force: true });
  await cp(join(root, 'test/decorated/nest'), join(folder, 'src'), { recursive: true });
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['src'] }),
  );
  await node(folder, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false');
  return JSON.parse(await node(folder, 'out/main.js'));
}

async function install(folder: string, major: keyof typeof NEST_MODULES): Promise<void> {
  const manifest = JSON.stringify({
    private: true,
    type: NEST_MODULES[major],
    dependencies: {
      '@nestjs/common': `^${major}.0.0`,
      '@nestjs/core': `^${major}.0.0`,
      '@nestjs/platform-express': `^${major}.0.0`,
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.2',
    },
  });
  const installed = join(folder, 'installed.json');
  if (existsSync(installed) && (await readFile(installed, 'utf8')) === manifest) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), manifest);
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quick], { cwd: folder });
  await symlink(root, join(folder, 'node_modules/tidings'), 'dir');
  // Last, so that what was interrupted is done again.
  await writeFile(installed, manifest);
}

/** What a program printed; rejects with all that it said when it fails. */
async function node(folder: string, ...args: string[]): Promise<string> {
  try {
    return (await run(process.execPath, args, { cwd: folder, timeout: 60_000 })).stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as { message: string; stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout ?? ''}${stderr ?? ''}`);
  }
}
