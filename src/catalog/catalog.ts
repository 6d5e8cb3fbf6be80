import { knownKeys, oneOf, shown, text } from '../notification/configuration.js';
import { ConfigurationError, errorText } from '../notification/errors.js';
import type { EventRules, RuleBook } from '../notification/event-rules.js';
import { EVENT_TYPE_RULE, isEventType } from '../notification/event-type.js';
import type { JsonValue } from '../notification/json.js';
import { PRIORITIES } from '../notification/priority.js';
import {
  type EventDefinition,
  type EventDefinitions,
  type PayloadClass,
  PHASES,
  type Phase,
} from './event-definition.js';
import type { JsonSchema } from './json-schema.js';
import { readPayloadClass } from './payload-class.js';
import { type PayloadKind, rulesFor } from './payload-rules.js';
import { payloadSchema } from './payload-schema.js';
import { isStandardSchema, type StandardSchema } from './standard-schema.js';

export interface CatalogOptions<D extends EventDefinitions = EventDefinitions> {
  /** For instance `glance`. */
  readonly name: string;
  /** Of the payloads, as semantic versioning has it: `1.0.0`. */
  readonly version: string;
  /** One paragraph on the service that tells these. */
  readonly description?: string;
  /** By event type. */
  readonly events: D;
}

const BRAND = Symbol.for('tidings.catalog');
const NAME = { pattern: /^[A-Za-z0-9_-]{1,80}$/, rule: 'a name of A-Z, a-z, 0-9, "_" and "-", at most 80' };
const VERSION = { pattern: /^\d+\.\d+\.\d+(?:[-+].*)?$/, rule: 'a version such as 1.0.0' };
const PHASE = new RegExp(`^(.+)\\.(${PHASES.join('|')})$`);
const KEYS = ['summary', 'meaning', 'payload', 'text', 'phases', 'priorities', 'example', 'jsonSchema'];

interface Known {
  readonly definition: EventDefinition;
  readonly kind: PayloadKind;
  readonly schema: JsonSchema;
}

/** The definitions of event types, read and checked, with the rules that follow from them. */
export class CatalogDefinitions implements RuleBook {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly events: EventDefinitions;
  readonly #known: ReadonlyMap<string, Known>;
  readonly #rules = new Map<string, EventRules>();

  /** Throws a ConfigurationError that names the event and what is wrong with its definition. */
  constructor(options: CatalogOptions) {
    if (typeof options !== 'object' || options === null) {
      throw new ConfigurationError('defineCatalog', `is given ${shown(options)}; it takes { name, version, events }`);
    }
    knownKeys(options, ['name', 'version', 'description', 'events'], 'defineCatalog');
    this.name = text(NAME)(options.name, 'defineCatalog: name');
    this.version = text(VERSION)(options.version, `catalog ${this.name}: version`);
    this.description = options.description;
    this.events = options.events;
    if (typeof this.events !== 'object' || this.events === null) {
      throw new ConfigurationError(`catalog ${this.name}: events`, `is ${shown(this.events)}; it takes definitions`);
    }
    this.#known = new Map(
      Object.entries(this.events).map(([type, definition]) => [type, read(type, definition, `catalog ${this.name}: `)]),
    );
    for (const [type, { definition }] of this.#known) checkExample(type, definition, this);
    Object.defineProperty(this, BRAND, { value: true });
  }

  find(eventType: string): EventRules | undefined {
    const remembered = this.#rules.get(eventType);
    if (remembered !== undefined) return remembered;
    const rules = this.#find(eventType);
    // There are no more than event types times phases.
    if (rules !== undefined) this.#rules.set(eventType, rules);
    return rules;
  }

  /** The JSON Schema (draft 7) of the payload of an event of this catalog; everything, where nothing is known of it. */
  schemaOf(eventType: string): JsonSchema {
    return this.#known.get(eventType)?.schema ?? {};
  }

  #find(eventType: string): EventRules | undefined {
    const own = this.#known.get(eventType);
    if (own !== undefined) return rulesFor(own.definition, own.kind, undefined, fieldsOf(own));
    const [, base, phase] = PHASE.exec(eventType) ?? [];
    const known = this.#known.get(base ?? '');
    return known && rulesFor(known.definition, known.kind, phase as Phase, fieldsOf(known));
  }
}

/** True for a catalog of any loaded copy of tidings. */
export function isCatalog(value: unknown): value is CatalogDefinitions {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

function read(type: string, definition: EventDefinition, prefix: string): Known {
  const setting = prefix + type;
  if (!isEventType(type)) throw new ConfigurationError(setting, `is no event type; it takes ${EVENT_TYPE_RULE}`);
  if (typeof definition !== 'object' || definition === null) {
    throw new ConfigurationError(setting, `is ${shown(definition)}; it takes a definition`);
  }
  knownKeys(definition, KEYS, setting);
  const { payload, phases = [], priorities = [] } = definition;
  text()(definition.summary, `${setting}.summary`);
  text()(definition.meaning, `${setting}.meaning`);
  for (const phase of phases) oneOf(...PHASES)(phase, `${setting}.phases`);
  for (const priority of priorities) oneOf(...PRIORITIES)(priority, `${setting}.priorities`);
  const kind = readKind(payload, `${setting}.payload`);
  return { definition, kind, schema: payloadSchema(definition, kind) };
}

function readKind(payload: unknown, setting: string): PayloadKind {
  if (payload === undefined) return undefined;
  if (isStandardSchema(payload)) return checkedSchema(payload, setting);
  if (typeof payload === 'function') return readPayloadClass(payload as PayloadClass, setting);
  throw new ConfigurationError(setting, `is ${shown(payload)}; it takes a payload class or a Standard Schema`);
}

/** A schema that waits would let everything pass: it is refused when it is seen to. */
function checkedSchema(schema: StandardSchema, setting: string): StandardSchema {
  let result: unknown;
  try {
    result = schema['~standard'].validate({});
  } catch {
    // It says so when it is used.
  }
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new ConfigurationError(setting, 'gives a promise for {}; it takes schemas that neither wait nor throw');
  }
  return schema;
}

/** What a schema does not say of its fields, its example does. */
function fieldsOf({ definition, schema }: Known): readonly string[] | undefined {
  const { example } = definition;
  const sources = [schema.properties, typeof example === 'object' && !Array.isArray(example) ? example : undefined];
  const fields = sources.flatMap((source) => Object.keys(source ?? {}));
  return fields.length === 0 ? undefined : [...new Set(fields)];
}

/** An example that is wrong would be copied. */
function checkExample(type: string, { example }: EventDefinition, catalog: CatalogDefinitions): void {
  if (example === undefined) return;
  const setting = `catalog ${catalog.name}: ${type}.example`;
  let json: JsonValue;
  try {
    json = JSON.parse(JSON.stringify(example));
  } catch (error) {
    throw new ConfigurationError(setting, `is no payload as it goes out: ${errorText(error)}`, { cause: error });
  }
  const problem = catalog.find(type)?.check(json, 'INFO');
  if (problem !== undefined) throw new ConfigurationError(setting, problem);
}
