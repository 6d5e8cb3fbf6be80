// Writes docs/notifications.md from the catalog of tidings/glance; with --check it only says whether the page is what it
// would write. Needs dist/: npm run build.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CATALOG_FORMATS } from '../dist/esm/catalog/render/formats.js';
import { glance } from '../dist/esm/glance/index.js';

const PAGE = fileURLToPath(new URL('notifications.md', import.meta.url));

const page = `<!-- Made by npm run docs from src/glance: a change here is lost. -->

${CATALOG_FORMATS.markdown([glance])}`;

if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/notifications.md is not up to date: npm run docs');
  process.exitCode = 1;
}
