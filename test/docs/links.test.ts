import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createListener } from '../../src/listener/index.js';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ...readdirSync('examples').flatMap((name) => {
    const page = `examples/${name}/README.md`;
    return existsSync(page) ? [page] : [];
  }),
];

const textOf = (page: string) => readFileSync(page, 'utf8').replace(/^```.*?^```$/gms, '');

/** As the usual renderers of Markdown make anchors of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The links of a page to files of the repository. */
function linksOf(
  page: string,
): { readonly link: string; readonly path: string; readonly anchor: string | undefined }[] {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor] = link.split('#');
      return { link, path: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

describe.each(PAGES)('%s', (page) => {
  it('has no dead link', () => {
    const dead = linksOf(page).filter(
      ({ path, anchor }) => !existsSync(path) || (anchor !== undefined && !anchorsOf(path).includes(anchor)),
    );
    expect(dead.map(({ link }) => link)).toEqual([]);
  });
});

it('every page and every example can be reached from the README', () => {
  const linked = linksOf('README.md').map(({ path }) => path);
  const missing = [
    ...PAGES.filter((page) => page.startsWith('docs/')),
    ...readdirSync('examples').map((name) => `examples/${name}`),
  ].filter((target) => !linked.some((path) => path === target || path.startsWith(`${target}/`)));
  expect(missing).toEqual([]);
});

it('CONTRIBUTING.md names every room of src/', () => {
  const named = [...textOf('CONTRIBUTING.md').matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, room]) => room);
  const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(named.sort()).toEqual(rooms.map(({ name }) => name).sort());
});

it('docs/listener.md has every option of a listener', () => {
  const [, table = ''] = /^## Options\n(.*?)^## /ms.exec(textOf('docs/listener.md')) ?? [];
  const written = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
  let known = '';
  try {
    createListener({ unknown: true } as object);
  } catch (error) {
    [, known = ''] = /there are (.*)$/.exec((error as Error).message) ?? [];
  }
  expect(written.sort()).toEqual(known.split(', ').sort());
});
