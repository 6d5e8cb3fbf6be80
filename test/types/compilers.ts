import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const { resolve } = createRequire(import.meta.url);

/** The packages of the compilers: the oldest and the newest of each major that users may have. */
export const COMPILERS = ['typescript-5.4', 'typescript-5.9', 'typescript-6', 'typescript'] as const;
export const STANDARDS = ['legacy', 'standard'] as const;
export const RESOLUTIONS = ['node16', 'nodenext', 'bundler'] as const;

const FIXTURES = ['catalogs', 'class-decorators', 'functions', 'listener', 'method-decorators'];

/** `#private` methods can be decorated under the standard only. */
const PRIVATE_METHODS = `
import { type Call, Notifies, SkipNotifications, StartEnd } from 'tidings';

export class Images {
  @Notifies('image.prepare', { payload: (call: Call<[id: string], number, Images>) => ({ id: call.args[0] }) })
  #prepare(id: string): number {
    return id.length;
  }

  @SkipNotifications()
  @StartEnd('image.check')
  static async #check(id: string): Promise<boolean> {
    return id !== '';
  }

  // @ts-expect-error another type of argument
  @Notifies('image.wrong', { payload: (call: Call<[size: number], number>) => call.args[0] })
  #wrong(id: string): number {
    return id.length;
  }

  // @ts-expect-error an accessor is no method
  @Notifies('image.accessor')
  accessor size = 1;

  async run(): Promise<boolean> {
    return (await Images.#check('i')) && this.#prepare('i') + this.#wrong('i') > 0;
  }
}
`;

/** What `compiler` says of the fixtures, compiled against the built package as a user would: nothing, when all is well. */
export async function compileFixtures(
  compiler: (typeof COMPILERS)[number],
  standard: (typeof STANDARDS)[number],
  resolution: (typeof RESOLUTIONS)[number],
  fixtures: readonly string[] = FIXTURES,
): Promise<string> {
  if (!existsSync(join(root, 'dist/esm/index.d.ts'))) throw new Error('dist/ is not there: npm run build');
  // Inside of the project, so that `tidings` is the package itself.
  const folder = join(root, 'build/types', `${compiler}-${standard}-${resolution}-${fixtures.length}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // An ES module and a CommonJS one: they see different declarations of the package.
  for (const extension of resolution === 'bundler' ? ['ts'] : ['mts', 'cts']) {
    for (const name of fixtures) await cp(join(here, `${name}.ts`), join(folder, `${name}.${extension}`));
    if (standard === 'standard' && fixtures === FIXTURES)
      await writeFile(join(folder, `private-methods.${extension}`), PRIVATE_METHODS);
  }
  const isLegacy = standard === 'legacy';
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    module: resolution === 'bundler' ? 'esnext' : resolution,
    moduleResolution: resolution,
    experimentalDecorators: isLegacy,
    emitDecoratorMetadata: isLegacy,
    // Our own declarations are a library, in both formats here; once a compiler is enough for the same files.
    skipLibCheck: !(resolution === 'nodenext' && standard === 'standard'),
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  return run(join(dirname(resolve(`${compiler}/package.json`)), 'bin/tsc'), '-p', folder, '--pretty', 'false');
}

/** The major and minor version of a compiler. */
export async function versionOf(compiler: (typeof COMPILERS)[number]): Promise<string> {
  const { version } = createRequire(import.meta.url)(`${compiler}/package.json`) as { version: string };
  return version.split('.').slice(0, 2).join('.');
}

function run(script: string, ...args: string[]): Promise<string> {
  return new Promise((done) => {
    execFile(process.execPath, [script, ...args], { cwd: root }, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`;
      done(error === null || said !== '' ? said : String(error));
    });
  });
}
