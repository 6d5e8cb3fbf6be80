import { ConfigurationError, configureNotifications, type Notifier } from 'tidings';
import { line, Recorder } from './recorder.js';

/** What the environment says, the log driver where that names none, and beside it the demo's own recorder. */
export function configureDemo(say: (what: string) => void): { notifier: Notifier; recorder: Recorder } {
  const { TIDINGS_DRIVERS = '', TIDINGS_ROUTES = '', TIDINGS_LOG_FILE = '', TIDINGS_SERVICE = 'image' } = process.env;
  const isUnset = TIDINGS_DRIVERS === '' && TIDINGS_ROUTES === '';
  // What the log driver shows on standard output need not be shown twice.
  const logged = TIDINGS_LOG_FILE === '' && (isUnset || /(?:^|,)\s*log(?:ging)?\s*(?:,|$)/.test(TIDINGS_DRIVERS));
  const recorder = new Recorder((notification) => {
    if (!logged) say(line(notification));
  });
  const notifier = configureNotifications({
    ...(isUnset && { drivers: 'log' }),
    extraDrivers: [recorder],
    service: TIDINGS_SERVICE,
  });
  return { notifier, recorder };
}

/** One line for the user who has misspelt a setting. */
export function configurationProblem(error: unknown): string | undefined {
  return error instanceof ConfigurationError ? error.message : undefined;
}
