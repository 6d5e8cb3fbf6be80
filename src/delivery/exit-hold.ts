/** What may still be pending when the process has nothing else to do. */
export interface Held {
  /** Called when the process has nothing else to do: delivers what is pending, or gives it up. */
  drainBeforeExit(): void;
  /** Called when nothing can be delivered any more: says what is lost. */
  tellUndelivered(): void;
}

/**
 * Everything in the background is unref'd, so a process that has nothing else to do would end with notifications
 * pending. Node says `beforeExit` first: then it is held until they are delivered, at most `exitTimeoutMs`.
 */
const held = new Set<Held>();

export function holdExitFor(delivery: Held): void {
  if (held.size === 0) process.on('beforeExit', onBeforeExit).on('exit', onExit);
  held.add(delivery);
}

export function releaseExit(delivery: Held): void {
  if (!held.delete(delivery) || held.size > 0) return;
  process.off('beforeExit', onBeforeExit).off('exit', onExit);
}

function onBeforeExit(): void {
  for (const delivery of held) delivery.drainBeforeExit();
}

/** `process.exit()` was called, or the hold ran out: nothing can be delivered any more, but it can be said. */
function onExit(): void {
  for (const delivery of held) delivery.tellUndelivered();
}
