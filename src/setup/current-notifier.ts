import { errorText } from '../notification/errors.js';
import { processSlot } from '../notification/process-slot.js';
import { stderrReporter } from '../notification/reporter.js';
import type { Notifier } from '../notifier/notifier.js';
import { createMisconfiguredNotifier, createNotifier } from './create-notifier.js';
import type { NotificationOptions } from './options.js';

const slot = processSlot<{ notifier: Notifier | undefined }>('notifier', () => ({ notifier: undefined }));

/**
 * Sets the process-wide notifier, which every decorator and `notifyAbout` use. The one before it is closed in the
 * background. Throws a ConfigurationError for bad settings; then nothing has changed.
 */
export function configureNotifications(options: NotificationOptions = {}): Notifier {
  const notifier = createNotifier(options);
  const previous = slot.notifier;
  slot.notifier = notifier;
  void previous?.close();
  return notifier;
}

/**
 * The process-wide notifier. Never configured: made from the environment on first use, with the noop driver where that
 * says nothing. Never throws: bad settings are one line on standard error, and what is told is dropped as
 * `misconfigured`.
 */
export function currentNotifier(): Notifier {
  return slot.notifier ?? createFromEnvironment();
}

function createFromEnvironment(): Notifier {
  try {
    slot.notifier = createNotifier();
  } catch (error) {
    stderrReporter.warn(`no notifications are sent: ${errorText(error)}`);
    slot.notifier = createMisconfiguredNotifier(error instanceof Error ? error : new Error(errorText(error)));
  }
  return slot.notifier;
}
