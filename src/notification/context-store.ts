import { AsyncLocalStorage } from 'node:async_hooks';
import type { NotificationContext } from './notification.js';
import type { Operation } from './operation.js';
import { processSlot } from './process-slot.js';

/** What the code that runs now stands in. Immutable, but for `operation.told`. */
export interface Surroundings {
  readonly context: NotificationContext | undefined;
  readonly operation: Operation | undefined;
  /** True while tidings itself delivers: what is told then would tell of its own telling. */
  readonly suppressed: boolean;
}

interface Store {
  readonly storage: AsyncLocalStorage<Surroundings>;
  /** Runs a function as the program's start would: work in the background must not keep a request's context alive. */
  readonly runAtRoot: <R>(fn: () => R) => R;
}

const store = processSlot<Store>('context', () => ({
  storage: new AsyncLocalStorage<Surroundings>(),
  runAtRoot: AsyncLocalStorage.snapshot() as <R>(fn: () => R) => R,
}));

const SUPPRESSED: Surroundings = { context: undefined, operation: undefined, suppressed: true };

/** Where the running code stands; undefined outside of any context and operation. */
export function surroundings(): Surroundings | undefined {
  return store.storage.getStore();
}

/**
 * Runs `fn` with `context` beside every notification that is told in it, over awaits and timers too; inner contexts
 * add to outer ones. What `fn` returns or throws is passed on.
 */
export function withNotificationContext<R>(context: NotificationContext, fn: () => R): R {
  const outer = store.storage.getStore();
  const { operation, suppressed = false } = outer ?? {};
  return store.storage.run({ context: merged(outer?.context, context), operation, suppressed }, fn);
}

/** A context that cannot be read is left out: the service's own work is worth more than its ids. */
function merged(outer: NotificationContext | undefined, context: NotificationContext): NotificationContext | undefined {
  try {
    return { ...outer, ...context };
  } catch {
    return outer;
  }
}

/** Runs `fn` as the body of `operation`, or outside of any where there is none. */
export function runInOperation<R>(operation: Operation | undefined, outer: Surroundings | undefined, fn: () => R): R {
  return store.storage.run({ context: outer?.context, operation, suppressed: outer?.suppressed ?? false }, fn);
}

/** Runs `fn` outside of any request, as the program's start would; what is told in it is told. */
export function runAtRoot<R>(fn: () => R): R {
  return store.runAtRoot(fn);
}

/** Runs `fn` in the background: outside of any request, and telling nothing of its own. */
export function runInBackground<R>(fn: () => R): R {
  return store.runAtRoot(() => store.storage.run(SUPPRESSED, fn));
}
