import { DeliveryError } from './errors.js';

/** A function of an application's that gives a credential or an address, and how it is asked. */
export interface AskedFunction {
  readonly ask: () => unknown;
  /** The option that it is, for instance `rabbit.url`. */
  readonly option: string;
  /** What it gives, for instance `URL`. */
  readonly gives: string;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The option that says so, for instance `connectTimeout`. */
  readonly timeoutOption: string;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
}

/**
 * What the function gives, not checked. Rejects with a DeliveryError that holds nothing the function threw but its name
 * and its code: the rest may hold a secret.
 */
export async function askFunction(asked: AskedFunction): Promise<unknown> {
  const { option, gives, timeoutMs, timeoutOption, signal } = asked;
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    const after = `the function ${option} gave no ${gives} in ${timeoutMs} ms (${timeoutOption}): see what it waits for`;
    timer = setTimeout(() => reject(new DeliveryError(after)), timeoutMs).unref();
    onAbort = () => reject(new DeliveryError(`waiting for the function ${option} was given up`));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([answerOf(asked), givenUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function answerOf({ ask, option }: AskedFunction): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    throw new DeliveryError(
      `the function ${option} failed with ${kindOf(error)} and is asked again: catch and log the error in the function to see more (its text is not shown here: it may hold a secret)`,
    );
  }
}

/** The name and the code of an error, as far as they are what names and codes look like. */
function kindOf(error: unknown): string {
  const { name, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const shownName = typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : 'an error';
  return typeof code === 'string' && /^[A-Z][A-Z_]{1,39}$/.test(code) ? `${shownName} (${code})` : shownName;
}
