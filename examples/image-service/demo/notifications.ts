import { ConfigurationError, configureNotifications, type Notifier } from 'tidings';
import { line, Recorder } from './recorder.js';

/** The drivers of the environment, the log driver where it names none, and beside them the demo's own recorder. */
export function configureDemo(say: (what: string) => void): { notifier: Notifier; recorder: Recorder } {
  const named = (process.env.TIDINGS_DRIVERS ?? '').split(',').map((name) => name.trim());
  const names = named.filter((name) => name !== '');
  if (names.length === 0) names.push('log');

  // What the log driver shows on standard output need not be shown twice.
  const { TIDINGS_LOG_FILE = '', TIDINGS_SERVICE = 'image' } = process.env;
  const logged = TIDINGS_LOG_FILE === '' && names.some((name) => name === 'log' || name === 'logging');
  const recorder = new Recorder((notification) => {
    if (!logged) say(line(notification));
  });
  return { notifier: configureNotifications({ drivers: [...names, recorder], service: TIDINGS_SERVICE }), recorder };
}

/** One line for the user who has misspelt a setting. The names of the drivers came from a variable, so it is to blame. */
export function configurationProblem(error: unknown): string | undefined {
  if (!(error instanceof ConfigurationError)) return undefined;
  return error.setting === 'drivers' ? error.message.replace('drivers', 'TIDINGS_DRIVERS') : error.message;
}
