import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Notifier } from 'tidings';
import { Client } from './demo/client.js';
import { configurationProblem, configureDemo } from './demo/notifications.js';
import { playScenario } from './demo/scenario.js';
import { accountLines, eventTable, requestLine } from './demo/summary.js';
import { demoFile, openWorkshop } from './demo/workshop.js';

// npm run demo [-- FILE]: an image service, its users, and what tidings tells of them.

const SAMPLE = fileURLToPath(new URL('../../../examples/image-service/sample/tidings.svg', import.meta.url));
const LARGEST_IMAGE_BYTES = 64 * 1024 * 1024;
/** Long enough for a broker to be restarted. */
const DELIVERY_TIMEOUT_MS = 30_000;

// npm runs scripts in the package's directory; a file is named from where the user is.
const { INIT_CWD = '.' } = process.env;
const say = (what: string) => console.log(what);

async function main(path = SAMPLE): Promise<void> {
  const file = await demoFile(resolve(INIT_CWD, path));
  const { notifier, recorder } = configureDemo(say);
  const maxImageBytes = Math.max(LARGEST_IMAGE_BYTES, file.size);
  const workshop = await openWorkshop(maxImageBytes, file.directory);
  const client = new Client(workshop.url);
  try {
    const { withBrokenStore } = workshop;
    await playScenario({ client, file, maxImageBytes, withBrokenStore, say: (what) => say(`\n# ${what}`) });
  } finally {
    client.close();
    await workshop.close();
  }

  const undelivered = await deliverAll(notifier);
  say(`\n${eventTable(recorder.notifications)}\n\n${requestLine(client.answerTimes)}`);
  await notifier.close({ timeoutMs: 0 });
  for (const account of accountLines(notifier.stats())) say(account);
  if (undelivered > 0) throw new Error(`${undelivered} notifications were not delivered`);
}

/** Waits for the brokers; how many notifications they did not take in time. */
async function deliverAll(notifier: Notifier): Promise<number> {
  const patience = setTimeout(() => {
    const { reason = 'delivery is slow' } = notifier.health();
    say(`\nWaiting up to ${DELIVERY_TIMEOUT_MS / 1000} s for what is not delivered yet (${reason})`);
  }, 1_000);
  const { undelivered } = await notifier.flush({ timeoutMs: DELIVERY_TIMEOUT_MS });
  clearTimeout(patience);
  return undelivered;
}

main(process.argv[2]).catch((error: Error) => {
  console.error(configurationProblem(error) ?? `demo: ${error.message}`);
  process.exitCode = 1;
});
