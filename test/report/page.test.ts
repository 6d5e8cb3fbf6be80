import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatHtml } from '../../src/report/format-html.js';
import { ReportBuilder, type ReportOptions } from '../../src/report/report-builder.js';
import { browserProgram, startBrowser } from '../support/browser.js';
import { plain } from './lines.js';

const program = await browserProgram();

function pageOf(lines: readonly string[], options: ReportOptions = {}): string {
  const builder = new ReportBuilder({ plots: true, ...options });
  for (const [index, line] of lines.entries()) builder.line(line, 'log', index + 1);
  return formatHtml(builder.report());
}

/** Two operations a second for a minute, one in the other; `name` is in every place that a name can be in. */
function lines(name: string): string[] {
  return Array.from({ length: 60 }, (_, at) => {
    const ids = { user_id: name, project_id: name, request_id: name };
    const outer = { ...ids, operation_id: `${name} ${at}` };
    const inner = { ...ids, operation_id: `${name} ${at} inner`, parent_operation_id: outer.operation_id };
    const isError = at % 10 === 0;
    const end = isError ? 'error' : 'end';
    const duration = (at + 1) * 7;
    return [
      plain({ type: `${name}.start`, at, publisher: name, context: outer }),
      plain({ type: 'store.write', at: at + duration / 2_000, context: { ...inner, duration_ms: duration / 2 } }),
      plain({
        type: `${name}.${end}`,
        at: at + duration / 1_000,
        publisher: name,
        priority: isError ? 'ERROR' : 'INFO',
        context: { ...outer, duration_ms: duration },
      }),
    ];
  }).flat();
}

const HOSTILE = [
  '<script>document.title="owned"</script>',
  '"><img src=x onerror=alert(1)>',
  `' onmouseover='alert(1)`,
  '</title></style></svg><iframe src="http://127.0.0.1:1/">',
  '{{constructor.constructor("alert(1)")()}} `alert(1)` \u202e\u0000',
];

describe.skipIf(program === undefined)('the page, in a browser', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidings-page-'));
    browser = await startBrowser(program as string);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Shows a page, and what it asked for, said or did. */
  async function shown(html: string, colorScheme: 'light' | 'dark' = 'light', width = 1_100) {
    const path = join(folder, 'report.html');
    await writeFile(path, html);
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const heard: string[] = [];
    page.on('request', (request) => heard.push(request.url()));
    page.on('console', (message) => heard.push(message.text()));
    page.on('pageerror', (error) => heard.push(String(error)));
    page.on('dialog', (dialog) => {
      heard.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(pathToFileURL(path).href);
    return { page, heard: () => heard.filter((text) => text !== pathToFileURL(path).href) };
  }

  /** The names of those elements, as a screen reader has them. */
  async function names(page: Page, role: 'img' | 'table' | 'heading'): Promise<(string | null)[]> {
    return page.getByRole(role).evaluateAll((all) =>
      all.map((element) => {
        const title = element.querySelector('title, caption');
        return (title ?? element).textContent;
      }),
    );
  }

  it('shows plots and tables, by their names, and asks for nothing', async () => {
    const { page, heard } = await shown(pageOf([...lines('task.run'), 'no json'], { objectives: ['task.run=100ms'] }));
    expect(await names(page, 'img')).toEqual([
      'Events over time',
      'Durations of store.write over time',
      'Durations of task.run over time',
      'Percentiles of durations',
      'Errors over time, as a part of all events',
      'Error rates',
      'Timeline of task.run',
    ]);
    expect(await names(page, 'table')).toEqual([
      'Operations',
      'Objectives',
      'The slowest operations',
      'The busiest users',
      'The busiest projects',
      'Events by their type',
      'The first lines that are no notifications',
    ]);
    expect(await page.getByRole('row', { name: 'task.run=100ms' }).textContent()).toContain('46');
    expect(await page.locator('body').innerText()).toContain('malformed');
    expect(heard()).toEqual([]);
    await page.close();
  });

  it('draws nothing beside its pictures, and no number that is none', async () => {
    const html = pageOf(lines('task.run'));
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
    const { page } = await shown(html);
    const outside = await page.locator('svg[role=img]').evaluateAll((all) =>
      all.flatMap((picture) => {
        const frame = picture.getBoundingClientRect();
        return [...picture.querySelectorAll('text, rect, circle, path, line')]
          .map((element) => ({ box: element.getBoundingClientRect(), what: element.outerHTML }))
          .filter(
            ({ box }) =>
              box.left < frame.left - 1 ||
              box.right > frame.right + 1 ||
              box.top < frame.top - 1 ||
              box.bottom > frame.bottom + 1,
          )
          .map(({ what }) => what);
      }),
    );
    expect(outside).toEqual([]);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('can be read in %s', async (scheme) => {
    const { page } = await shown(pageOf(lines('task.run')), scheme);
    const selectors = ['h2', 'td', 'caption', '.legend', 'svg .tick', 'svg .name', 'svg .bad', 'svg .good', 'svg .dot'];
    const style = (selector: string, property: 'color' | 'fill' | 'backgroundColor') =>
      page
        .locator(selector)
        .first()
        .evaluate((element, key) => element.ownerDocument.defaultView?.getComputedStyle(element)[key] ?? '', property)
        .then((color) => (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number));
    const card = await style('section', 'backgroundColor');
    const pairs = await Promise.all(
      selectors.map(async (selector) => {
        const ink = await style(selector, selector.startsWith('svg') ? 'fill' : 'color');
        return { selector, ink, card };
      }),
    );
    const poor = pairs.filter(
      ({ selector, ink, card }) => contrast(ink, card) < (/bad|good|dot/.test(selector) ? 3 : 4.5),
    );
    expect(poor).toEqual([]);
    const brightness = luminance(pairs[0]?.card ?? []);
    expect(brightness > 0.5).toBe(scheme === 'light');
    await page.close();
  });

  it('is wider than no screen, and works by keyboard', async () => {
    const { page } = await shown(pageOf(lines('task.run')), 'light', 380);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the report');
    const region = page.getByRole('group', { name: 'Operations', exact: true });
    await region.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => region.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
    const timelines = page.locator('details');
    await timelines.nth(1).locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await timelines.nth(1).getAttribute('open')).toBe('');
    await page.close();
  });

  it('shows what is hostile as text', async () => {
    const all = HOSTILE.flatMap(lines);
    const { page, heard } = await shown(pageOf(all, { by: 'publisher', objectives: ['*=1ms'] }));
    expect(heard()).toEqual([]);
    expect(await page.title()).toMatch(/^Notifications until/);
    const active = 'script, iframe, img, object, embed, link, form, [onerror], [onmouseover]';
    expect(await page.locator(active).count()).toBe(0);
    for (const name of HOSTILE) {
      expect(
        await page
          .getByRole('row')
          .filter({ hasText: name.slice(0, 20) })
          .count(),
      ).toBeGreaterThan(3);
    }
    await page.close();
  });

  it('has something to say when there is nothing', async () => {
    const { page, heard } = await shown(pageOf([]));
    expect(await page.locator('body').innerText()).toContain('There are none.');
    expect(heard()).toEqual([]);
    await page.close();
  });
});

function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** As the Web Content Accessibility Guidelines compute it. */
function contrast(one: readonly number[], other: readonly number[]): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

it('escapes every text, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      const html = pageOf([
        // No tag of the page's own, which "p" would be.
        plain({
          type: `<hostile${name}>`,
          at: 0,
          publisher: `"${name}`,
          context: { user_id: `'${name}<b>`, duration_ms: 1 },
        }),
      ]);
      expect(html).not.toContain(`<hostile${name}>`);
      expect(html.match(/<b>/g)).toBeNull();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there.
      expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
    { numRuns: 40 },
  );
});
