import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const ENTRY = pathToFileURL('dist/esm/index.js').href;

/** Starts a program that prints "up", sends it a signal then, and gives back what it printed and how it ended. */
async function signalled(body: string, signal: NodeJS.Signals) {
  const program = `
    import { closeOnSignals, configureNotifications, notifyAbout } from ${JSON.stringify(ENTRY)};
    const slow = { name: 'slow', deliver: async ([{ notification }]) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      console.log('delivered ' + notification.eventType);
    }, close: async () => console.log('closed') };
    configureNotifications({ drivers: [slow] });
    setInterval(() => {}, 1_000);
    ${body}
    console.log('up');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => {
    lines.push(line);
    if (line === 'up') child.kill(signal);
  });
  const [code, endedBy] = await once(child, 'close');
  return { lines, code, endedBy };
}

describe('closeOnSignals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'delivers the tail on %s, then lets the signal end the process',
    async (signal) => {
      const ended = await signalled(`closeOnSignals(); notifyAbout('a.one'); notifyAbout('a.two');`, signal);
      expect(ended).toEqual({
        lines: ['up', 'delivered a.one', 'delivered a.two', 'closed'],
        code: null,
        endedBy: signal,
      });
    },
  );

  it('leaves the end to a service that has a listener of its own, and delivers what it tells until then', async () => {
    const ended = await signalled(
      `process.on('SIGTERM', () => {
         notifyAbout('a.last');
         setTimeout(() => process.exit(7), 300);
       });
       closeOnSignals();
       notifyAbout('a.one');`,
      'SIGTERM',
    );
    expect(ended).toEqual({ lines: ['up', 'delivered a.one', 'delivered a.last'], code: 7, endedBy: null });
  });

  it('may be called for several notifiers: each is closed, then the signal ends the process', async () => {
    const ended = await signalled(
      `const { createNotifier } = await import(${JSON.stringify(ENTRY)});
       const slower = { name: 'slower', deliver: async () => {
         await new Promise((resolve) => setTimeout(resolve, 200));
         console.log('delivered slowly');
       } };
       const other = createNotifier({ drivers: [slower] });
       closeOnSignals();
       closeOnSignals();
       closeOnSignals({ notifier: other });
       notifyAbout('a.one');
       other.info('b.one');`,
      'SIGTERM',
    );
    expect(ended).toEqual({
      lines: ['up', 'delivered a.one', 'closed', 'delivered slowly'],
      code: null,
      endedBy: 'SIGTERM',
    });
  });

  it('can be taken back', async () => {
    const ended = await signalled(`closeOnSignals()(); notifyAbout('a.one');`, 'SIGTERM');
    expect(ended.endedBy).toBe('SIGTERM');
    expect(ended.lines).not.toContain('closed');
  });
});
