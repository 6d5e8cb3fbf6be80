import { getNotifierToken } from '../nest/notifier-token.js';
import type { Notifier } from '../notifier/notifier.js';
import { currentNotifier } from '../setup/current-notifier.js';
import { CapturedNotifications, type CaptureOptions, captureNotifications } from './capture-notifications.js';

export interface NotificationsTestingOptions extends CaptureOptions {
  /** The names of `@InjectNotifier(name)`, where no NotificationsModule with this name is imported. Default: none. */
  readonly names?: readonly string[];
}

/** Nest's DynamicModule, as far as it is used here: who tests without Nest needs none installed. */
export interface TestingDynamicModule {
  readonly module: typeof NotificationsTestingModule;
  readonly global: true;
  readonly providers: { provide: string | symbol | typeof CapturedNotifications; useValue: unknown }[];
  readonly exports: (string | typeof CapturedNotifications)[];
}

/**
 * For Nest's testing modules: `imports: [NotificationsTestingModule.forRoot(), AppModule]`. What the application tells is
 * in `app.get(CapturedNotifications)`, by whatever notifier, and nothing is delivered elsewhere; an application without a
 * NotificationsModule gets its `Notifier` from here. The capture begins when `forRoot()` is called and ends when the
 * application is closed.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class.
export class NotificationsTestingModule {
  static forRoot({ names = [], ...options }: NotificationsTestingOptions = {}): TestingDynamicModule {
    const tokens = [undefined, ...names].map((name) => getNotifierToken(name) as string);
    const captured = captureNotifications(options);
    const notifier = processWideNotifier(captured.notifier);
    return {
      module: NotificationsTestingModule,
      global: true,
      providers: [
        { provide: CapturedNotifications, useValue: captured },
        ...tokens.map((provide) => ({ provide, useValue: notifier })),
        { provide: Symbol('tidings:end-of-capture'), useValue: { onApplicationShutdown: () => captured.stop() } },
      ],
      exports: [CapturedNotifications, ...tokens],
    };
  }
}

/**
 * Whichever is the process-wide one at the time: of an application with a NotificationsModule the notifier of that, with
 * its options, though Nest may inject this one.
 */
function processWideNotifier(notifier: Notifier): Notifier {
  return new Proxy(notifier, {
    get: (_, key) => {
      const current = currentNotifier();
      const value: unknown = Reflect.get(current, key, current);
      return typeof value === 'function' ? value.bind(current) : value;
    },
  });
}
