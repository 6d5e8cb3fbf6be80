import { rounded } from './durations.js';
import type { Timed } from './operations.js';
import { isoTime } from './slowest.js';

/** An operation with those that it called, and what they called. */
export interface Timeline {
  readonly operationId: string;
  readonly operation: string;
  /** ISO 8601, UTC. */
  readonly beganAt: string;
  /** After the beginning of the outermost operation; by the publishers' clocks. */
  readonly offsetMs: number;
  readonly durationMs: number;
  readonly isError: boolean;
  readonly publisherId: string;
  readonly children: readonly Timeline[];
}

interface Span {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly operation: string;
  readonly began: number;
  readonly durationMs: number;
  readonly isError: boolean;
  readonly publisherId: string;
}

/** So many of the operations that ended last are kept, for those that called them. */
const MOST_SPANS = 32_768;
const MOST_TREES = 5;
const MOST_CHILDREN = 100;
const MOST_DEPTH = 16;
const MOST_IN_TREE = 300;

/**
 * Puts together what the slowest operations consisted of. Calls end before their caller does, so those that ended
 * lately are kept until the caller ends: one pass is enough, and memory does not grow.
 */
export class Timelines {
  readonly #spans = new Map<string, Span>();
  readonly #children = new Map<string, string[]>();
  #kept: { readonly root: Span; readonly children: readonly Timeline[] }[] = [];

  add(operation: string, { end, durationMs }: Timed): void {
    const { operationId: id, parentId, publisherId, priority, time } = end;
    if (id === undefined || this.#spans.has(id)) return;
    const isError = priority === 'ERROR' || priority === 'CRITICAL';
    const span = { id, parentId, operation, began: time - durationMs, durationMs, isError, publisherId };
    this.#spans.set(id, span);
    if (parentId !== undefined) {
      const siblings = this.#children.get(parentId);
      if (siblings === undefined) this.#children.set(parentId, [id]);
      else if (siblings.length < MOST_CHILDREN) siblings.push(id);
    } else this.#consider(span);
    if (this.#spans.size > MOST_SPANS) this.#forgetOldest();
  }

  /** The slowest first. */
  result(): Timeline[] {
    return this.#kept.map(({ root, children }) => timelineOf(root, root, children));
  }

  /** An operation that nobody called. Those that called others come before those that did not, however slow. */
  #consider(root: Span): void {
    const hasChildren = this.#children.has(root.id);
    const last = this.#kept.at(-1);
    if (this.#kept.length === MOST_TREES && last !== undefined && !isBefore(root, hasChildren, last)) return;
    const children = this.#childrenOf(root, root, 1, { left: MOST_IN_TREE });
    this.#kept.push({ root, children });
    this.#kept.sort((a, b) => {
      const nested = Number(b.children.length > 0) - Number(a.children.length > 0);
      return nested === 0 ? b.root.durationMs - a.root.durationMs : nested;
    });
    if (this.#kept.length > MOST_TREES) this.#kept.pop();
  }

  #childrenOf(root: Span, parent: Span, depth: number, room: { left: number }): Timeline[] {
    if (depth > MOST_DEPTH) return [];
    const children: Timeline[] = [];
    const spans = (this.#children.get(parent.id) ?? []).map((id) => this.#spans.get(id));
    for (const span of spans.filter((child) => child !== undefined).sort((a, b) => a.began - b.began)) {
      if (room.left === 0) break;
      room.left -= 1;
      children.push(timelineOf(root, span, this.#childrenOf(root, span, depth + 1, room)));
    }
    return children;
  }

  /** A quarter at once: a Map that loses its first entry each time gets slower and slower. */
  #forgetOldest(): void {
    let left = MOST_SPANS / 4;
    for (const [id, { parentId }] of this.#spans) {
      if (left === 0) return;
      left -= 1;
      this.#spans.delete(id);
      this.#children.delete(id);
      if (parentId !== undefined && !this.#spans.has(parentId)) this.#children.delete(parentId);
    }
  }
}

function isBefore(span: Span, hasChildren: boolean, other: { root: Span; children: readonly Timeline[] }): boolean {
  if (hasChildren !== other.children.length > 0) return hasChildren;
  return span.durationMs > other.root.durationMs;
}

function timelineOf(root: Span, span: Span, children: readonly Timeline[]): Timeline {
  return {
    operationId: span.id,
    operation: span.operation,
    beganAt: isoTime(span.began),
    offsetMs: rounded(span.began - root.began),
    durationMs: rounded(span.durationMs),
    isError: span.isError,
    publisherId: span.publisherId,
    children,
  };
}
