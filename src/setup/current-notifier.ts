import { errorText } from '../notification/errors.js';
import { processSlot } from '../notification/process-slot.js';
import { stderrReporter } from '../notification/reporter.js';
import type { Notifier } from '../notifier/notifier.js';
import { createMisconfiguredNotifier, createNotifier } from './create-notifier.js';
import type { NotificationOptions } from './options.js';

interface Slot {
  /** The process-wide notifier: the last one of `places`. */
  notifier: Notifier | undefined;
  /** All that have been put there and not been taken away, the oldest first. */
  places: readonly Notifier[];
  /** The one of them that this file has made, and closes when another is configured. */
  own: Notifier | undefined;
}

const slot = processSlot<Slot>('notifier', () => ({ notifier: undefined, places: [], own: undefined }));

/**
 * Sets the process-wide notifier, which every decorator and `notifyAbout` use. The one configured before it is closed in
 * the background. Throws a ConfigurationError for bad settings; then nothing has changed.
 */
export function configureNotifications(options: NotificationOptions = {}): Notifier {
  return own(createNotifier(options));
}

/**
 * The process-wide notifier. Never configured: made from the environment on first use, with the noop driver where that
 * says nothing. Never throws: bad settings are one line on standard error, and what is told is dropped as
 * `misconfigured`.
 */
export function currentNotifier(): Notifier {
  return slot.notifier ?? createFromEnvironment();
}

/**
 * Makes `notifier` the process-wide one until the returned function is called: then it is again the one before, or what
 * has been put there since. Whoever puts a notifier there closes it. For frameworks, whose applications come and go in
 * one process in any order.
 */
export function installNotifier(notifier: Notifier): () => void {
  place([...slot.places, notifier]);
  return () => place(slot.places.filter((other) => other !== notifier));
}

function own(notifier: Notifier): Notifier {
  const previous = slot.own;
  slot.own = notifier;
  place([...slot.places.filter((other) => other !== previous), notifier]);
  void previous?.close();
  return notifier;
}

function place(places: readonly Notifier[]): void {
  slot.places = places;
  slot.notifier = places.at(-1);
}

function createFromEnvironment(): Notifier {
  try {
    return own(createNotifier());
  } catch (error) {
    stderrReporter.warn(`no notifications are sent: ${errorText(error)}`);
    return own(createMisconfiguredNotifier(error instanceof Error ? error : new Error(errorText(error))));
  }
}
