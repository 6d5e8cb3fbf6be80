import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snippetsOf } from './snippets.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const snippets = snippetsOf('docs/drivers.md', readFileSync(join(root, 'docs/drivers.md'), 'utf8'));
const codeWith = (text: string) => snippets.find(({ code }) => code.includes(text))?.code ?? '';

const OPTIONS = {
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  module: 'nodenext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
};

describe('docs/drivers.md', () => {
  let folder: string;

  beforeAll(() => {
    mkdirSync(join(root, 'build'), { recursive: true });
    // Inside of the project, so that `tidings` is the package itself.
    folder = mkdtempSync(join(root, 'build', 'drivers-'));
    const files = {
      'collector-driver.ts': codeWith('class CollectorDriver'),
      'use.ts': codeWith('extraDrivers:'),
      'collector-driver.test.ts': codeWith('describeDriverConformance('),
      'scripted.ts': codeWith('new ScriptedDriver'),
    };
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: OPTIONS, files: Object.keys(files) }),
    );
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('has an example of about thirty lines', () => {
    const lines = codeWith('class CollectorDriver').split('\n');
    expect(lines.length).toBeLessThanOrEqual(35);
  });

  it('has a driver that keeps the contract, every test of it', async () => {
    const { PATH } = process.env;
    const args = ['--test', '--test-reporter=tap', join(folder, 'collector-driver.test.js')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH } });
    expect(stdout).toMatch(/^# pass [0-9]$/m);
    expect(stdout).toMatch(/^# skipped 0$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  it('has a scripted driver that does as it says', () => {
    const { PATH } = process.env;
    const { stderr, status } = spawnSync(process.execPath, [join(folder, 'scripted.js')], {
      encoding: 'utf8',
      env: { PATH },
    });
    expect(status, stderr).toBe(0);
  });
});
