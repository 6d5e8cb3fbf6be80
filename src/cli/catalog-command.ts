import { readFileSync } from 'node:fs';
import { compareDefinitions } from '../catalog/compare.js';
import { CATALOG_FORMATS } from '../catalog/render/formats.js';
import { type JsonSchemaDocument, jsonSchemaDocument } from '../catalog/render/json-schema-document.js';
import { ConfigurationError, errorText } from '../notification/errors.js';
import type { Say } from './command.js';
import { configuredModules, loadCatalogs } from './load-catalogs.js';
import { parseFlags } from './parse-flags.js';
import { UsageError } from './usage-error.js';

export const CATALOG_USAGE = `Usage: tidings catalog [MODULE...] [--format table|markdown|jsonschema|asyncapi]
       tidings catalog [MODULE...] --check FILE

Shows what notifications there are, by the catalogs that built modules export.

  MODULE    a file or a package; default: what package.json says: "tidings": { "catalogs": ["./dist/orders.js"] }
  --format  default: table
  --check   compares with what --format jsonschema has written to FILE, and exits with 1 where a change breaks what was
            there before and the version does not say so (major, or minor below 1.0.0)`;

type Format = keyof typeof CATALOG_FORMATS;

/** Runs `tidings catalog …`; resolves with the exit code. Throws a UsageError for wrong arguments. */
export async function catalogCommand(args: readonly string[], say: Say): Promise<number> {
  const { format, check, modules } = readArguments(args);
  const directory = process.cwd();
  const named = modules.length > 0 ? modules : configuredModules(directory);
  if (named.length === 0) {
    throw new UsageError('no catalog is named: give its module, or "tidings": { "catalogs": [...] } in package.json');
  }
  const catalogs = await loadCatalogs(named, directory);
  if (check === undefined) {
    say(CATALOG_FORMATS[format](catalogs).trimEnd());
    return 0;
  }
  return report(readDocument(check), jsonSchemaDocument(catalogs), check, say);
}

function report(before: JsonSchemaDocument, after: JsonSchemaDocument, file: string, say: Say): number {
  const changes = compareDefinitions(before.definitions, after.definitions);
  const breaking = changes.filter(({ isBreaking }) => isBreaking);
  for (const { isBreaking, eventType, what } of changes) {
    say(`${isBreaking ? 'breaking' : 'additive'}  ${eventType}  ${what}`);
  }
  if (changes.length === 0) {
    say(`nothing has changed since ${file}`);
    return 0;
  }
  const sum = `${breaking.length} breaking, ${changes.length - breaking.length} additive`;
  const versions = `${before.$comment} → ${after.$comment}`;
  const [then, now] = [versionsOf(before.$comment), versionsOf(after.$comment)];
  const silent = breaking.filter(({ eventType }) => {
    const catalog = before.definitions[eventType]?.$comment as string;
    return breakingPart(now.get(catalog)) <= breakingPart(then.get(catalog));
  });
  if (silent.length === 0) {
    say(`${sum} (${versions}); write ${file} anew`);
    return 0;
  }
  say(`${sum}; no version says so (${versions})`);
  return 1;
}

function versionsOf(comment: string): ReadonlyMap<string, string> {
  return new Map(comment.split(', ').map((each) => each.split(' ') as [string, string]));
}

/** What grows when something breaks: the major version, below 1.0.0 the minor one. 0 for a catalog that is gone. */
function breakingPart(version = '0.0.0'): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 0 ? major * 1_000_000 : minor;
}

function readDocument(file: string): JsonSchemaDocument {
  let document: Partial<JsonSchemaDocument>;
  try {
    document = JSON.parse(readFileSync(file, 'utf8')) as Partial<JsonSchemaDocument>;
  } catch (error) {
    throw new ConfigurationError(file, `cannot be read: ${errorText(error)}`, { cause: error });
  }
  const { definitions, $comment } = document;
  if (typeof definitions === 'object' && definitions !== null && typeof $comment === 'string') {
    return document as JsonSchemaDocument;
  }
  throw new ConfigurationError(file, `was not written by tidings catalog --format jsonschema > ${file}`);
}

const FLAGS = { format: { type: 'string' }, check: { type: 'string' } } as const;

function readArguments(args: readonly string[]) {
  const { values, positionals: modules } = parseFlags(args, FLAGS);
  const { format = 'table', check } = values;
  if (!Object.hasOwn(CATALOG_FORMATS, format)) {
    throw new UsageError(
      `--format is ${JSON.stringify(format)}; it takes one of ${Object.keys(CATALOG_FORMATS).join(', ')}`,
    );
  }
  if (check !== undefined && values.format !== undefined)
    throw new UsageError('it takes --format or --check, not both');
  return { modules, format: format as Format, check };
}
