import type { CatalogDefinitions } from '../catalog.js';
import { asyncApiDocument } from './async-api.js';
import { jsonSchemaDocument } from './json-schema-document.js';
import { markdownOf } from './markdown.js';
import { tableOf } from './table.js';

type Render = (catalogs: readonly CatalogDefinitions[]) => string;

const json = (document: (catalogs: readonly CatalogDefinitions[]) => object): Render => {
  return (catalogs) => JSON.stringify(document(catalogs), undefined, 2);
};

/** What catalogs can be written as. */
export const CATALOG_FORMATS = {
  table: tableOf,
  markdown: markdownOf,
  jsonschema: json(jsonSchemaDocument),
  asyncapi: json(asyncApiDocument),
} as const satisfies Record<string, Render>;
