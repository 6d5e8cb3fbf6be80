import { ConfigurationError } from '../../notification/errors.js';
import type { Priority } from '../../notification/priority.js';
import type { CatalogDefinitions } from '../catalog.js';
import type { EventDefinition, Phase } from '../event-definition.js';
import type { JsonSchema } from '../json-schema.js';

/** One event type as it is told: of a pair, each phase is one. */
export interface ToldEvent {
  readonly eventType: string;
  readonly phase: Phase | undefined;
  readonly catalog: CatalogDefinitions;
  readonly definition: EventDefinition;
  readonly priorities: readonly Priority[];
  /** Of the payload, a text in its place included where that is right. */
  readonly schema: JsonSchema;
}

const TROUBLE: readonly Priority[] = ['WARN', 'ERROR', 'CRITICAL'];
const TEXT: JsonSchema = { type: 'string', description: 'at WARN, ERROR and CRITICAL: what happened' };

/** Everything that the catalogs tell, in their order. Throws a ConfigurationError where two have the same event type. */
export function toldEvents(catalogs: readonly CatalogDefinitions[]): readonly ToldEvent[] {
  const told = new Map<string, ToldEvent>();
  for (const event of catalogs.flatMap(eventsOf)) {
    const other = told.get(event.eventType)?.catalog.name;
    if (other !== undefined) {
      throw new ConfigurationError(
        event.eventType,
        `is in two catalogs, ${other} and ${event.catalog.name}; one document has room for one of them`,
      );
    }
    told.set(event.eventType, event);
  }
  return [...told.values()];
}

function eventsOf(catalog: CatalogDefinitions): readonly ToldEvent[] {
  return Object.entries(catalog.events).flatMap(([eventType, definition]) => {
    const { phases = [], priorities = ['INFO'] } = definition;
    const schema = catalog.schemaOf(eventType);
    const one = (phase: Phase | undefined, of: readonly Priority[], payload: JsonSchema): ToldEvent => ({
      eventType: phase === undefined ? eventType : `${eventType}.${phase}`,
      phase,
      catalog,
      definition,
      priorities: of,
      schema: of.some((priority) => TROUBLE.includes(priority)) ? orText(payload) : payload,
    });
    if (phases.length === 0) return [one(undefined, priorities, schema)];
    return phases.map((phase) => {
      if (phase === 'error') return one(phase, ['ERROR'], partial(schema));
      return one(phase, priorities, phase === 'start' ? partial(schema) : schema);
    });
  });
}

/** What is known before the end may lack fields. */
function partial({ required: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function orText(schema: JsonSchema): JsonSchema {
  // Where everything is right, a text is too.
  if (Object.keys(schema).length === 0) return schema;
  return { anyOf: [schema, TEXT] };
}
