import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventPatterns, matchesEventPattern } from '../../src/notification/event-pattern.js';

const patterns = (written: unknown) => EventPatterns.parse(written, 'routes[0].events');

describe('event patterns', () => {
  it.each([
    ['image.*', 'image.create', true],
    ['image.*', 'image.member.create', true],
    ['image.*', 'image', false],
    ['image.*', 'image_cache.prune', false],
    ['image.create', 'image.create', true],
    ['image.create', 'Image.create', false],
    ['*', 'anything.at.all', true],
    ['*.end', 'task.run.end', true],
    ['*.end', 'task.run.ended', false],
    ['task.?un', 'task.run', true],
    ['task.?un', 'task.un', false],
    ['image.*, !image.send', 'image.send', false],
    ['image.*, !image.send', 'image.update', true],
    ['!image.send, image.*', 'image.send', false],
    ['!image.send', 'image.send', false],
    ['!image.send,!task.*', 'task.run', false],
    ['!image.send', 'task.run', true],
  ])('%s, %s: %s', (written, eventType, matches) => {
    expect(patterns(written).matches(eventType)).toBe(matches);
    expect(patterns(written.split(',')).matches(eventType)).toBe(matches);
  });

  it('match as the regular expression would', () => {
    const text = fc.stringMatching(/^[ab.]{0,8}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[ab.*?]{1,8}$/), text, (pattern, eventType) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesEventPattern(pattern, eventType)).toBe(new RegExp(`^${source}$`).test(eventType));
      }),
    );
  });

  it('are not slowed by hostile text', () => {
    expect(matchesEventPattern(`${'*a'.repeat(100)}b`, 'a'.repeat(100_000))).toBe(false);
  });

  it.each([
    [[], 'is empty'],
    [' , ', 'is empty'],
    [['image create'], 'has "image create"; it takes event types'],
    [['!'], 'has "!"; it takes event types'],
    [[7], 'is 7; it takes a comma-separated list or an array of texts'],
    [['image.create', '!image.send'], 'takes "!image.send" out of what never has it (image.create)'],
    [['image.*', '!task.*'], 'takes "!task.*" out of what never has it (image.*)'],
  ])('%j is refused: %s', (written, message) => {
    expect(() => patterns(written)).toThrow(`routes[0].events ${message}`);
  });

  it('take out nothing but what some inclusion lets in', () => {
    const pattern = fc.stringMatching(/^[ab.*?]{1,6}$/);
    fc.assert(
      fc.property(pattern, pattern, fc.stringMatching(/^[ab.]{0,6}$/), (included, excluded, eventType) => {
        fc.pre(matchesEventPattern(included, eventType) && matchesEventPattern(excluded, eventType));
        expect(patterns([included, `!${excluded}`]).matches(eventType)).toBe(false);
      }),
    );
  });
});
