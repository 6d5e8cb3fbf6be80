import type { Notifier } from '../notifier/notifier.js';
import { currentNotifier } from './current-notifier.js';

export interface CloseOnSignalsOptions {
  /** The signals that end the process. Default: `SIGTERM` and `SIGINT`. */
  readonly signals?: readonly NodeJS.Signals[];
  /** How long the tail may take, in milliseconds. Default: that of `close()`, 10 s. */
  readonly timeoutMs?: number;
  /** Default: the process-wide notifier at the time of the signal. */
  readonly notifier?: Notifier;
}

/** Marks our listeners, those of another copy of this package too: none of them is the service's own. */
const OURS = Symbol.for('tidings.closeOnSignals');

/**
 * Delivers what is pending when an operator ends the process, then lets the signal do what it would have done.
 *
 * Where the service has a listener of its own for the signal, that one decides when the process ends and may tell more
 * until then: here it is only flushed, and what comes later is delivered while the process ends by itself. A service that
 * calls `process.exit()` closes the notifier before.
 *
 * Returns a function that takes the listeners away again.
 */
export function closeOnSignals(options: CloseOnSignalsOptions = {}): () => void {
  const { signals = ['SIGTERM', 'SIGINT'], notifier } = options;
  const wait = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
  const stop = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = Object.assign(
    (signal: NodeJS.Signals) => {
      const closing = notifier ?? currentNotifier();
      if (!process.listeners(signal).every(isOurs)) {
        void closing.flush(wait);
        return;
      }
      void closing.close(wait).then(() => {
        stop();
        if (!process.listeners(signal).some(isOurs)) process.kill(process.pid, signal);
      });
    },
    { [OURS]: true },
  );
  for (const signal of signals) process.on(signal, onSignal);
  return stop;
}

function isOurs(listener: object): boolean {
  return OURS in listener;
}
