import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const INSTALL_MS = 5 * 60_000;
const RUN_MS = 60_000;

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** The package as a user gets it: packed, and installed from the tarball into an empty folder. */
export class Installation {
  /** The files in the tarball. */
  readonly files: readonly string[];
  readonly folder: string;

  private constructor(files: readonly string[], folder: string) {
    this.files = files;
    this.folder = folder;
  }

  /** `beside` is installed too, as `npm install` takes it. */
  static async create(beside: readonly string[]): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-package-'));
    // Without scripts: what is built is what is packed.
    const packed = await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
    const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'service', private: true }));
    await npm(folder, 'install', join(folder, filename), ...beside);
    return new Installation(
      files.map(({ path }) => path),
      folder,
    );
  }

  /** Writes a file of the service. */
  async write(path: string, text: string): Promise<void> {
    await mkdir(join(this.folder, path, '..'), { recursive: true });
    await writeFile(join(this.folder, path), text);
  }

  /** Runs Node in the folder, without the settings of the test run; never rejects. */
  async node(...args: string[]): Promise<Outcome> {
    const { PATH, HOME } = process.env;
    return run(process.execPath, args, { cwd: this.folder, env: { PATH, HOME }, timeout: RUN_MS }).then(
      ({ stdout, stderr }) => ({ stdout, stderr, status: 0 }),
      ({ stdout, stderr, code }) => ({ stdout, stderr, status: typeof code === 'number' ? code : -1 }),
    );
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { stdout } = await run('npm', [...args, ...quick], { cwd, timeout: INSTALL_MS, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
