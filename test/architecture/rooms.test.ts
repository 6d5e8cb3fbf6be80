import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ANY, type Rules, violations } from './rules.js';
import { parseSource, readTree } from './source-file.js';

/**
 * The rooms of src/ and what each may import, from the bottom up. A new import that is not in this table is either a
 * mistake or a change of the architecture, to be made here on purpose.
 */
const rules: Rules = {
  rooms: {
    notification: [],
    wire: ['notification'],
    catalog: ['notification'],
    delivery: ['notification'],
    transport: ['notification'],
    // Of the delivery only its contract: a driver knows neither the queue nor the retries in front of it.
    drivers: [
      'transport',
      'wire',
      'delivery/driver.ts',
      'delivery/driver-setting.ts',
      'delivery/batch-outcomes.ts',
      'notification',
    ],
    notifier: ['delivery', 'catalog', 'notification'],
    setup: ['notifier', 'drivers', 'wire', 'catalog', 'delivery', 'notification'],
    // Of the set-up only the slot, and what comes out of it: a Notifier and its receipts.
    instrument: [
      'setup/current-notifier.ts',
      'notifier/notifier.ts',
      'notifier/notify-options.ts',
      'delivery/receipt.ts',
      'notification',
    ],
    // Where the definitions of a catalog meet the decorators that are typed by them: above both, known to neither.
    typed: ['catalog', 'instrument', 'notification'],
    glance: ['typed', 'catalog', 'notification'],
    listener: ['transport', 'wire', 'catalog', 'notification'],
    forwarder: ['listener', 'setup', 'notification'],
    audit: ['setup', 'notification'],
    report: ['wire', 'notification'],
    nest: [ANY],
    cli: [ANY],
    testing: [ANY],
  },
  core: ['notification', 'wire', 'catalog', 'delivery', 'notifier', 'instrument'],
  // Not `noop`: it is also what a receipt says when nothing is delivered anywhere.
  driverNames: ['log', 'logging', 'rabbit', 'amqp1', 'qpid', 'webhook', 'zaqar', 'memory'],
  clients: ['amqplib', 'winston', 'rhea', 'standardwebhooks'],
  // drivers/log: FORCE_COLOR and NO_COLOR are every terminal program's, not settings of tidings.
  environment: ['setup', 'cli', 'drivers/log'],
  maxLines: 400,
};

describe('the rooms of src/', () => {
  it('import only downward, without cycles, and the core names no driver', () => {
    const files = readTree(fileURLToPath(new URL('../../src', import.meta.url)));
    expect(files.length).toBeGreaterThan(20);
    expect(violations(files, rules)).toEqual([]);
  });
});

/** The violations of a tree that is written down as path and text. */
function found(tree: Record<string, string>): string[] {
  return violations(
    Object.entries(tree).map(([path, text]) => parseSource(path, text)),
    rules,
  );
}

describe('the rules', () => {
  it('accept a small sound house', () => {
    const house = {
      'index.ts': `export { Notifier } from './notifier/notifier.js'; export type { A } from './notification/a.js';`,
      'notification/a.ts': `/* import '../drivers/log/x.js' */ export type A = 'INFO'; // process.env and 'rabbit'`,
      'wire/plain.ts': `import type { A } from '../notification/a.js'; export const quote = /'"/; export type B = A;`,
      'delivery/driver.ts': `import type { A } from '../notification/a.js'; export type Driver = A;`,
      'drivers/log/index.ts': `export { log } from './log.js';`,
      'drivers/log/log.ts': `import type { Driver } from '../../delivery/driver.js'; export const log = process.env.NO_COLOR;`,
      'notifier/notifier.ts': `import type { Driver } from '../delivery/driver.js'; export class Notifier {}`,
      'setup/current-notifier.ts': `import { log } from '../drivers/log/index.js'; const { env } = process;`,
      'testing/index.ts': `export { Notifier } from '../index.js';`,
    };
    expect(found(house)).toEqual([]);
  });

  it.each([
    ['an import', `import { x } from '../notifier/x.js';`],
    ['a type import', `import type { X } from '../notifier/x.js';`],
    ['an import for its effect', `import '../notifier/x.js';`],
    ['a re-export', `export { x } from '../notifier/x.js';`],
    ['an export *', `export * from '../notifier/x.js';`],
    ['a dynamic import', `export const x = () => import('../notifier/x.js');`],
    ['an import in a type', `export type X = import('../notifier/x.js').X;`],
    ['a require', `export const x = require('../notifier/x.js');`],
    ['an import =', `import x = require('../notifier/x.js');`],
  ])('refuse %s upward', (_kind, text) => {
    expect(found({ 'delivery/a.ts': text })).toEqual([
      'delivery/a.ts imports notifier/x.ts; delivery/ may import notification',
    ]);
  });

  it('refuse a driver that knows more of the delivery than the contract', () => {
    expect(found({ 'drivers/a/a.ts': `import '../../delivery/queue.js';` })).toEqual([
      expect.stringContaining('drivers/a/a.ts imports delivery/queue.ts; drivers/ may import transport, wire,'),
    ]);
  });

  it('refuse a driver that imports another', () => {
    expect(found({ 'drivers/a/a.ts': `import '../b/b.js';`, 'drivers/c.ts': `import './b/b.js';` })).toEqual([
      'drivers/a/a.ts imports drivers/b/b.ts; a driver imports no other driver',
      'drivers/c.ts imports drivers/b/b.ts; a driver imports no other driver',
    ]);
  });

  it('refuse the set-up to the instrumentation, but for the slot', () => {
    expect(
      found({ 'instrument/a.ts': `import '../setup/registry.js'; import '../setup/current-notifier.js';` }),
    ).toEqual([
      expect.stringMatching(/^instrument\/a\.ts imports setup\/registry\.ts; instrument\/ may import setup\/current-/),
    ]);
  });

  it('refuse an import of the public index from below, and one that leaves src/', () => {
    expect(found({ 'wire/a.ts': `import '../index.js'; import '../../test/x.js';` })).toEqual([
      'wire/a.ts imports index.ts; wire/ may import notification',
      'wire/a.ts imports ../test/x.ts; wire/ may import notification',
    ]);
  });

  it('refuse a room that is not in the table', () => {
    expect(found({ 'utils/a.ts': '' })).toEqual(['utils/a.ts is in no room that the table knows']);
  });

  it('refuse cycles between files, through types and within a room too', () => {
    const tree = {
      'wire/a.ts': `import type { B } from './b.js';`,
      'wire/b.ts': `export { c } from './c.js';`,
      'wire/c.ts': `import { a } from './a.js';`,
      'wire/d.ts': `import './d.js';`,
    };
    expect(found(tree)).toEqual([
      'cycle: wire/a.ts → wire/b.ts → wire/c.ts → wire/a.ts',
      'cycle: wire/d.ts → wire/d.ts',
    ]);
  });

  it("refuse a driver's name and its client in the core", () => {
    expect(
      found({
        'notifier/a.ts': `const isRabbit = (name: 'rabbit' | 'other') => name === \`log\`;`,
        'delivery/b.ts': `export const load = () => import('amqplib');`,
        'setup/c.ts': `export const names = ['rabbit', 'log'];`,
      }),
    ).toEqual([
      "notifier/a.ts names the driver 'rabbit'; the core knows none",
      "notifier/a.ts names the driver 'log'; the core knows none",
      'delivery/b.ts imports amqplib; the core knows no client',
    ]);
  });

  it('refuse long files', () => {
    expect(found({ 'wire/a.ts': 'void 0;\n'.repeat(400) })).toEqual([]);
    expect(found({ 'wire/a.ts': 'void 0;\n'.repeat(401) })).toEqual(['wire/a.ts has 401 lines; at most 400']);
  });

  it('refuse an index that exports everything', () => {
    const text = `export * from '../notification/a.js'; export * as b from '../notification/b.js';`;
    expect(found({ 'wire/index.ts': text })).toEqual(['wire/index.ts has an export *; name what is exported']);
  });

  it.each([
    'process.env.X',
    'globalThis.process.env',
    `process['env']`,
    'process?.env',
    `import { env } from 'node:process';`,
    'const { argv, env: e } = process;',
  ])('refuse %s outside of the set-up', (text) => {
    expect(found({ 'wire/a.ts': text })).toEqual(['wire/a.ts reads process.env; only setup, cli, drivers/log may']);
    expect(found({ 'setup/a.ts': text, 'drivers/log/a.ts': text })).toEqual([]);
  });
});
