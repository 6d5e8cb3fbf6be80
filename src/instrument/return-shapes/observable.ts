import { surroundings } from '../../notification/context-store.js';
import { currentNotifier } from '../../setup/current-notifier.js';
import type { Instrumentation } from '../instrumentation.js';
import type { RunningCall } from '../running-call.js';
import { Consumption } from './consumption.js';
import { observeArguments } from './observer.js';
import { override } from './override.js';

/** By method: the latest of its calls that returned this Observable. The innermost method comes first. */
type Calls = Map<Instrumentation, RunningCall>;

const watched = new WeakMap<object, Calls>();

/**
 * Watches an Observable: each subscription is an operation of its own, from `subscribe` to completion, error, or
 * unsubscribing. Never subscribed, it tells nothing. False when the object takes no method of its own.
 */
export function watchObservable(observable: object, call: RunningCall): boolean {
  let calls = watched.get(observable);
  if (calls === undefined) {
    calls = new Map();
    if (!observe(observable, calls)) return false;
    watched.set(observable, calls);
  }
  calls.set(call.instrumentation, call);
  return true;
}

function observe(observable: object, calls: Calls): boolean {
  return override(
    observable,
    'subscribe',
    (original) =>
      function subscribe(this: unknown, ...args: unknown[]) {
        const consumption = subscriptionTo(observable, calls);
        if (consumption === undefined) return Reflect.apply(original, this, args);
        consumption.begin();
        try {
          const observed = observeArguments(args, consumption);
          const subscription: unknown = consumption.run(() => Reflect.apply(original, this, observed.args));
          if (observed.subscriber !== undefined) return observed.subscriber;
          watchSubscription(subscription, consumption);
          return subscription;
        } catch (error) {
          consumption.fail(error);
          throw error;
        }
      },
  );
}

/** The operations of one subscription: one per method that returned the Observable. Undefined when none is to be told. */
function subscriptionTo(observable: object, calls: Calls): Consumption | undefined {
  const notifier = currentNotifier();
  const subscriber = surroundings();
  if (subscriber?.suppressed === true) return undefined;
  const consumption = new Consumption('items');
  const begun: { readonly made: RunningCall; readonly call: RunningCall }[] = [];
  for (const call of [...calls.values()].reverse()) {
    if (!call.instrumentation.isEnabled(notifier)) {
      call.instrumentation.skips(notifier).skipped += 1;
      continue;
    }
    // Where one method called the other, so do their operations here.
    const caller = begun.find(({ made }) => call.isCalledBy(made));
    // A promise of an Observable: the start was told before the promise was returned, and needs its end.
    const isContinued = call.isOpen;
    begun.push({
      made: call,
      call: isContinued ? call : call.again(notifier, caller?.call.inner ?? subscriber ?? call.outer),
    });
  }
  for (const { call } of begun.reverse()) consumption.join(call, () => observable);
  return begun.length === 0 ? undefined : consumption;
}

/** Called on unsubscribing, and after the end, when it changes nothing any more. */
function watchSubscription(subscription: unknown, consumption: Consumption): void {
  if (consumption.hasEnded || typeof subscription !== 'object' || subscription === null) return;
  const { add } = subscription as { add?: unknown };
  if (typeof add === 'function') {
    Reflect.apply(add, subscription, [() => consumption.cancel()]);
    return;
  }
  override(
    subscription,
    'unsubscribe',
    (original) =>
      function unsubscribe(this: unknown, ...args: unknown[]) {
        consumption.cancel();
        return Reflect.apply(original, this, args);
      },
  );
}
