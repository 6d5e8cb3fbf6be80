/** The next rejection that nobody handles: it reaches the test, and not the test runner. */
export function nextUnhandledRejection(): Promise<unknown> {
  return new Promise((resolve) => {
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.once('unhandledRejection', (reason) => {
      for (const listener of others) process.on('unhandledRejection', listener);
      resolve(reason);
    });
  });
}
