import { duration } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import type { Notifier } from '../notifier/notifier.js';
import { beginCapture, type Capture } from '../setup/capture.js';
import { createNotifier } from '../setup/create-notifier.js';
import { installNotifier } from '../setup/current-notifier.js';
import type { NotificationOptions } from '../setup/options.js';
import { type ExpectedNotification, eventTypesOf, isAsExpected } from './expected-notification.js';

/** The options of a notifier but for where it delivers. What is left out is read from the environment, as ever. */
export type CaptureOptions = Omit<NotificationOptions, 'drivers' | 'spoolDir' | 'spoolMaxBytes' | 'spoolScanMs'>;

export interface WaitForOptions {
  /** How long to wait at most, in milliseconds. Default: 2,000. */
  readonly timeoutMs?: number;
}

interface Waiter {
  readonly look: () => void;
}

/** Everything that was told since the capture began, until it is stopped. Made by {@link captureNotifications}. */
export class CapturedNotifications implements Capture {
  readonly #taken: { readonly original: Notification; readonly copy: Notification }[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #undo: () => void;
  readonly notifier: Notifier;

  /** Use `captureNotifications()`. */
  constructor(options: CaptureOptions) {
    const endCapture = beginCapture(this);
    try {
      this.notifier = createNotifier(options);
    } catch (error) {
      endCapture();
      throw error;
    }
    const uninstall = installNotifier(this.notifier);
    this.#undo = () => {
      uninstall();
      endCapture();
    };
  }

  /** What was told until now, the oldest first; each a copy, the payload as a consumer would parse it. */
  get notifications(): Notification[] {
    return this.#taken.map(({ copy }) => copy);
  }

  /** The event types of what was told until now, the oldest first. */
  get eventTypes(): string[] {
    return eventTypesOf(this.notifications);
  }

  /** Those of one event type. */
  of(eventType: string): Notification[] {
    return this.notifications.filter((notification) => notification.eventType === eventType);
  }

  /**
   * Resolves with the first notification of this type that is as expected, as soon as there is one: for what is told
   * after the answer of a request. Rejects after `timeoutMs`, saying what was told instead.
   */
  waitFor(
    eventType: string,
    expected: ExpectedNotification = {},
    { timeoutMs = 2_000 }: WaitForOptions = {},
  ): Promise<Notification> {
    const limit = duration(1, 3_600_000)(timeoutMs, 'waitFor.timeoutMs');
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        settle();
      };
      const timer = setTimeout(() => {
        const told = this.eventTypes.join(', ');
        finish(() => reject(new Error(`${eventType} was not told as expected within ${limit} ms, but: ${told}`)));
      }, limit);
      const look = () => {
        const found = this.of(eventType).find((notification) => isAsExpected(notification, expected));
        if (found !== undefined) finish(() => resolve(found));
      };
      const waiter = { look };
      this.#waiters.add(waiter);
      look();
    });
  }

  /** Forgets what was told until now. */
  clear(): void {
    this.#taken.length = 0;
  }

  /** Ends the capture: the notifier that was the process-wide one before is it again. Idempotent. */
  async stop(): Promise<void> {
    this.#undo();
    await this.notifier.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Called by the notifiers of this process. */
  take(notification: Notification): void {
    const copy = JSON.parse(JSON.stringify(notification)) as Notification;
    this.#taken.push({ original: notification, copy });
    for (const { look } of [...this.#waiters]) look();
  }

  /** Called by the notifiers of this process. */
  takeBack(notification: Notification): void {
    const index = this.#taken.findLastIndex(({ original }) => original === notification);
    if (index !== -1) this.#taken.splice(index, 1);
  }
}

/**
 * Shows a test what is told: by decorators and `notifyAbout` from now on, and by every notifier that is made from now on
 * in this process, that of a Nest module included. None of them delivers anywhere else. What is turned off, redacted or
 * named by the options or the environment is so here too. Throws a ConfigurationError for bad options.
 */
export function captureNotifications(options: CaptureOptions = {}): CapturedNotifications {
  for (const setting of ['drivers', 'spoolDir', 'spoolMaxBytes', 'spoolScanMs']) {
    if (setting in options) throw new ConfigurationError(setting, 'is not for a capture, which delivers nowhere');
  }
  return new CapturedNotifications(options);
}
