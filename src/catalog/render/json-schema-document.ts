import type { CatalogDefinitions } from '../catalog.js';
import type { JsonSchema } from '../json-schema.js';
import { toldEvents } from './told-events.js';

/** One schema per event type, and what it is of; it is also what a later version is compared with. */
export interface JsonSchemaDocument {
  readonly $schema: string;
  /** Names and versions of the catalogs: `glance 1.0.0, orders 2.1.0`. */
  readonly $comment: string;
  /** By event type; the `$comment` of each names its catalog. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

/** The payloads of catalogs as one JSON Schema document, draft 7: `#/definitions/image.create`. */
export function jsonSchemaDocument(catalogs: readonly CatalogDefinitions[]): JsonSchemaDocument {
  const definitions = toldEvents(catalogs).map(({ eventType, definition, schema, catalog }) => {
    const { summary, meaning } = definition;
    const example = definition.example === undefined ? {} : { examples: [definition.example] };
    return [
      eventType,
      { $comment: catalog.name, title: summary, description: meaning, ...schema, ...example },
    ] as const;
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: catalogs.map(({ name, version }) => `${name} ${version}`).join(', '),
    definitions: Object.fromEntries(definitions),
  };
}
