import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

export type NestMajor = 11 | 12;
export type ModuleFormat = 'commonjs' | 'module';

export const NEST_MAJORS: readonly NestMajor[] = [11, 12];

/** Nest 11 applications are CommonJS mostly, since Nest is; from 12 on Nest is ES modules. */
export const USUAL_FORMAT: Readonly<Record<NestMajor, ModuleFormat>> = { 11: 'commonjs', 12: 'module' };

const NEST_PACKAGES = [
  'common',
  'core',
  'microservices',
  'platform-express',
  'platform-fastify',
  'platform-ws',
  'terminus',
  'testing',
  'websockets',
];

const COMPILER_OPTIONS = {
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types'), '../../node_modules/@types'],
  module: 'nodenext',
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  rootDir: 'src',
  outDir: 'out',
};

/** An application of test/decorated, compiled against a major version of Nest and the built package. */
export class NestApp {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Installs that version of Nest (once), and compiles the sources there. */
  static async compile(source: string, major: NestMajor, format: ModuleFormat): Promise<NestApp> {
    if (!existsSync(join(root, 'dist/esm/index.d.ts'))) throw new Error('dist/ is not there: npm run build');
    const folder = join(await installed(major), 'apps', `${source}-${format}`);
    await rm(folder, { recursive: true, force: true });
    await cp(join(root, 'test/decorated', source), join(folder, 'src'), { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: format }));
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['src'] }),
    );
    // A copy, as npm would install it: through a link it would find the packages of this repository, not those of the app.
    const tidings = join(folder, 'node_modules/tidings');
    await cp(join(root, 'dist'), join(tidings, 'dist'), { recursive: true });
    await cp(join(root, 'package.json'), join(tidings, 'package.json'));
    const app = new NestApp(folder);
    await app.node([join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false']);
    return app;
  }

  /** What a program of it printed, as JSON; rejects with all that it said when it fails. */
  async run(program: string, ...args: string[]): Promise<unknown> {
    return JSON.parse((await this.node([join('out', program), ...args])).stdout);
  }

  async node(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    // Without the settings of the test run.
    const { PATH, HOME } = process.env;
    try {
      return await run(process.execPath, args, { cwd: this.folder, env: { PATH, HOME }, timeout: 180_000 });
    } catch (error) {
      const { message, stdout, stderr } = error as { message: string; stdout?: string; stderr?: string };
      throw new Error(`${message}\n${stdout ?? ''}${stderr ?? ''}`);
    }
  }
}

/** A folder with the packages of one version of Nest, and those that tidings needs. */
async function installed(major: NestMajor): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const manifest = JSON.stringify({
    private: true,
    dependencies: {
      ...dependencies,
      ...Object.fromEntries(NEST_PACKAGES.map((name) => [`@nestjs/${name}`, `^${major}.0.0`])),
      rxjs: '^7.8.2',
      // Nest 11 is what Jest can load.
      ...(major === 11 ? { jest: '^29.7.0', '@types/jest': '^29.5.0' } : {}),
    },
  });
  const folder = join(root, 'build', `nest-${major}`);
  if (await holds(folder, manifest)) return folder;
  // Elsewhere first, so that what is interrupted is done again, and tests in parallel do not meet half of it.
  await mkdir(join(root, 'build'), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  await writeFile(join(fresh, 'package.json'), manifest);
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quick], { cwd: fresh });
  if (!(await holds(folder, manifest))) {
    await rm(folder, { recursive: true, force: true });
    // Where another one was first, that is as good.
    await rename(fresh, folder).catch(() => {});
  }
  await rm(fresh, { recursive: true, force: true });
  return folder;
}

async function holds(folder: string, manifest: string): Promise<boolean> {
  const file = join(folder, 'package.json');
  return existsSync(file) && (await readFile(file, 'utf8')) === manifest;
}
