import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CliProcess } from '../support/cli-process.js';

const COMMANDS = ['explain', 'catalog', 'tail', 'send', 'forward', 'report', 'exists', 'spool'];

async function run(...args: string[]) {
  const process = new CliProcess(args);
  const code = await process.ended;
  return { code, lines: process.lines, errors: process.errors };
}

describe('tidings', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('lists its commands for %j', async (args) => {
    const { code, lines, errors } = await run(...args);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    const listed = lines.flatMap((line) => /^ {2}(\w+) +\w/.exec(line)?.[1] ?? []);
    expect(listed).toEqual(COMMANDS);
  });

  it('says how each of them is used, in the same form', async () => {
    const usages = await Promise.all(COMMANDS.map((name) => run(name, '-h')));
    for (const [index, { code, lines }] of usages.entries()) {
      expect(code).toBe(0);
      expect(lines[0]).toMatch(new RegExp(`^Usage: tidings ${COMMANDS[index]} `));
      expect(lines.filter((line) => line.length > 120)).toEqual([]);
    }
    expect((await run('help', 'tail')).lines).toEqual(usages[COMMANDS.indexOf('tail')]?.lines);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await run('--version')).toEqual({ code: 0, lines: [version], errors: [] });
  });

  it('knows no other command, and no word or flag that a command does not take', async () => {
    const unknown = await run('tell');
    expect(unknown.code).toBe(2);
    expect(unknown.errors[0]).toBe('tidings: there is no command "tell"');
    expect(unknown.errors.join('\n')).toContain('Usage: tidings COMMAND');
    const flag = await run('tail', '--quiet');
    expect(flag.code).toBe(2);
    expect(flag.errors.join('\n')).toMatch(/'--quiet'[\s\S]*Usage: tidings tail /);
    const value = await run('report', '--top', 'many');
    expect(value).toMatchObject({ code: 2, errors: [expect.stringMatching(/^tidings: --top is "many"; it takes/)] });
    const pattern = await run('tail', 'image create');
    expect(pattern.code).toBe(2);
    expect(pattern.errors[0]).toContain('"image create"');
    const word = await run('exists', 'images.js');
    expect(word.code).toBe(2);
    expect(word.errors.join('\n')).toMatch(/'images.js'[\s\S]*Usage: tidings exists /);
  });
});
