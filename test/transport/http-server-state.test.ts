import { describe, expect, it } from 'vitest';
import { DeliveryError } from '../../src/index.js';
import { leftAlone, ServerState } from '../../src/transport/http/server-state.js';

const failed = (retryAfterMs?: number) =>
  new DeliveryError('failed', retryAfterMs === undefined ? {} : { retryAfterMs });
const suspect = { server: 'suspect', outcome: failed() } as const;
const works = { server: 'works', outcome: undefined } as const;

describe('a server', () => {
  it('that takes nothing is left alone at once, for as long as it asks', () => {
    const state = new ServerState();
    expect(state.pause).toBeUndefined();
    state.note({ server: 'down', outcome: failed(60_000) }, 'a');
    expect(state.pause?.askedMs).toBeGreaterThan(59_000);
    expect(leftAlone(state.pause as never)).toMatchObject({ message: 'failed', retryAfterMs: expect.any(Number) });
    state.resume();
    expect(state.pause).toBeDefined();
  });

  it('that asks for nothing is tried again as soon as somebody has waited', () => {
    const state = new ServerState();
    state.note({ server: 'down', outcome: failed() }, 'a');
    expect(state.pause).toMatchObject({ askedMs: 0 });
    expect(leftAlone(state.pause as never).retryAfterMs).toBeUndefined();
    state.resume();
    expect(state.pause).toBeUndefined();
  });

  it('is left alone when two different things fail in a row, and not when one does so twice', () => {
    const state = new ServerState();
    for (const content of ['a', 'a', 'a']) state.note(suspect, content);
    expect(state.pause).toBeUndefined();
    state.note(works, 'b');
    state.note(suspect, 'c');
    expect(state.pause).toBeUndefined();
    state.note(suspect, 'd');
    expect(state.pause).toBeDefined();
  });

  it('is not judged by what has failed before: that fails for itself, and would hold up all others', () => {
    const state = new ServerState();
    for (const content of ['a', 'b']) state.note(suspect, content);
    state.resume();
    for (const content of ['a', 'b', 'a', 'b']) state.note(suspect, content);
    expect(state.pause).toBeUndefined();
    for (let n = 0; n < 3_000; n += 1) {
      state.note(suspect, `many ${n}`);
      state.note(works, 'ok');
    }
    expect(state.pause).toBeUndefined();
  });
});
