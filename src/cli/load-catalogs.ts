import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type CatalogDefinitions, isCatalog } from '../catalog/catalog.js';
import { jsonSchemaDocument } from '../catalog/render/json-schema-document.js';
import { ConfigurationError, errorText } from '../notification/errors.js';

/** The modules of a project's catalogs, by its package.json: `"tidings": { "catalogs": ["./dist/orders.js"] }`. */
export function configuredModules(directory: string): readonly string[] {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return [];
  let written: unknown;
  try {
    written = (JSON.parse(readFileSync(file, 'utf8')) as { tidings?: { catalogs?: unknown } }).tidings?.catalogs;
  } catch (error) {
    throw new ConfigurationError(file, `cannot be read: ${errorText(error)}`, { cause: error });
  }
  if (written === undefined) return [];
  if (Array.isArray(written) && written.every((module) => typeof module === 'string')) return written;
  throw new ConfigurationError(`${file}: tidings.catalogs`, 'takes an array of modules, each a path or a package');
}

/** Every catalog that these modules export, once. Throws a ConfigurationError for a module without any. */
export async function loadCatalogs(
  modules: readonly string[],
  directory: string,
): Promise<readonly CatalogDefinitions[]> {
  const found: CatalogDefinitions[] = [];
  for (const module of modules) {
    const catalogs = await catalogsOf(module, directory);
    if (catalogs.length === 0) throw new ConfigurationError(module, 'exports no catalog that defineCatalog() has made');
    for (const catalog of catalogs) if (!found.some((other) => isSame(other, catalog))) found.push(catalog);
  }
  return found;
}

/** One may be exported twice, or by an ES module and a CommonJS one. */
function isSame(one: CatalogDefinitions, other: CatalogDefinitions): boolean {
  return one === other || isDeepStrictEqual(jsonSchemaDocument([one]), jsonSchemaDocument([other]));
}

async function catalogsOf(module: string, directory: string): Promise<readonly CatalogDefinitions[]> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(pathOf(module, directory)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new ConfigurationError(module, `cannot be loaded: ${errorText(error)}`, { cause: error });
  }
  const { default: whole, ...named } = exported;
  // All that a CommonJS module exports is its default.
  const inDefault = typeof whole === 'object' && whole !== null && !isCatalog(whole) ? Object.values(whole) : [whole];
  return [...Object.values(named), ...inDefault].filter(isCatalog);
}

/** A file by its path, else a package as `require` finds it from there. */
function pathOf(module: string, directory: string): string {
  const path = resolve(directory, module);
  return existsSync(path) ? path : createRequire(join(directory, 'package.json')).resolve(module);
}
