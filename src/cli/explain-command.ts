import type { CatalogDefinitions } from '../catalog/catalog.js';
import { errorText } from '../notification/errors.js';
import { type Explanation, explainEvent } from '../setup/explain.js';
import type { Say } from './command.js';
import { configuredModules, loadCatalogs } from './load-catalogs.js';
import { parseFlags } from './parse-flags.js';
import { UsageError } from './usage-error.js';

export const EXPLAIN_USAGE = `Usage: tidings explain EVENT_TYPE [--catalog MODULE]... [--json]

Says whether notifications of this type are sent under this environment (TIDINGS_…), by which drivers, and if not,
what decides. Exits with 1 where they are not. What the program itself gives to configureNotifications() is not seen
here: it wins over the environment, and what it disables is disabled too.

  --catalog  a module with catalogs; default: what package.json says: "tidings": { "catalogs": [...] }`;

/** Runs `tidings explain …`; resolves with the exit code. Throws a UsageError for wrong arguments. */
export async function explainCommand(args: readonly string[], say: Say): Promise<number> {
  const { eventType, modules, json } = readArguments(args);
  const directory = process.cwd();
  const catalogs = await (modules.length > 0 ? loadCatalogs(modules, directory) : projectCatalogs(directory));
  const explanation = explainEvent(eventType, process.env, catalogs);
  if (json) say(JSON.stringify(explanation));
  else for (const line of described(explanation)) say(line);
  return explanation.isSent ? 0 : 1;
}

/** Those of package.json. What they are is not what was asked: without them everything else can still be said. */
async function projectCatalogs(directory: string): Promise<readonly CatalogDefinitions[]> {
  try {
    return await loadCatalogs(configuredModules(directory), directory);
  } catch (error) {
    console.error(`tidings: without the catalogs of package.json: ${errorText(error)}`);
    return [];
  }
}

function described({ eventType, isSent, drivers, because, reasons }: Explanation): string[] {
  const verdict = isSent ? `sent by ${drivers.join(' and ')}` : 'not sent';
  return [
    `${eventType} is ${verdict}: ${because}`,
    ...reasons.map(({ subject, text }) => `  ${subject.padEnd(11)} ${text}`),
  ];
}

const FLAGS = { catalog: { type: 'string', multiple: true }, json: { type: 'boolean' } } as const;

function readArguments(args: readonly string[]) {
  const { values, positionals } = parseFlags(args, FLAGS);
  const [eventType, ...more] = positionals;
  if (eventType === undefined || more.length > 0) throw new UsageError('explain takes one event type');
  return { eventType, modules: values.catalog ?? [], json: values.json ?? false };
}
