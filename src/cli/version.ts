import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The version of the package whose command runs: `dist/esm/cli/main.js`, which a link in `node_modules/.bin` leads to. */
export function packageVersion(): string {
  const main = realpathSync(process.argv[1] as string);
  return (createRequire(main)('../../../package.json') as { version: string }).version;
}
