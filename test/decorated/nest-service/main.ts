// Runs scenarios, `main.js <platform> <scenario> …`, and prints what came of them, as JSON.
import 'reflect-metadata';
import { health, logger, options, several, shutdown } from './lifecycle.js';
import { messages, microservice } from './messages.js';
import { brokerDown, http, ids, load, scopes } from './requests.js';

const SCENARIOS: Record<string, (platform: string) => Promise<object>> = {
  load,
  ids,
  http,
  scopes,
  brokerDown,
  messages,
  microservice,
  shutdown,
  several,
  options,
  health,
  logger,
};

async function main(): Promise<void> {
  const [platform = 'express', ...names] = process.argv.slice(2);
  const answers: Record<string, object> = {};
  for (const name of names) answers[name] = (await SCENARIOS[name]?.(platform)) ?? {};
  console.log(JSON.stringify(answers));
}

void main();
