import { isCatalog } from '../catalog/catalog.js';
import { shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import type { RuleBook } from '../notification/event-rules.js';

/** The catalogs of a configuration. Throws a ConfigurationError for what is none. */
export function readCatalogs(catalogs: unknown): readonly RuleBook[] {
  if (catalogs === undefined) return [];
  if (!Array.isArray(catalogs)) {
    throw new ConfigurationError('catalogs', `is ${shown(catalogs)}; it takes an array of catalogs`);
  }
  for (const catalog of catalogs) {
    if (isCatalog(catalog)) continue;
    throw new ConfigurationError('catalogs', 'has an entry that is no catalog; it takes what defineCatalog() returns');
  }
  return catalogs;
}
