import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Compiles test/decorated under both decorator standards: vitest itself does not compile standard decorators. */
export default function setup(): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  rmSync(join('build', 'decorated'), { recursive: true, force: true });
  for (const standard of ['standard', 'legacy']) {
    execFileSync(process.execPath, [tsc, '-p', join('test', 'decorated', `tsconfig.${standard}.json`)], {
      stdio: 'inherit',
    });
  }
}
