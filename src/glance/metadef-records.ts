import type {
  NamespacePayload,
  ObjectPayload,
  PropertyPayload,
  ResourceTypePayload,
  TagPayload,
} from './metadef-payloads.js';
import { type SchemaRecord, schemaKeys } from './schema-keys.js';
import { type Moment, time, timeOrNull } from './times.js';

interface Deletable {
  readonly deleted?: boolean;
  readonly deleted_at?: Moment | null;
}

interface Timed extends Deletable {
  readonly created_at: Moment;
  readonly updated_at: Moment;
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

export interface NamespaceRecord extends Timed {
  readonly namespace: string;
  readonly visibility: 'public' | 'private';
  readonly display_name?: string | null;
  readonly protected?: boolean;
  readonly owner?: string | null;
  readonly description?: string | null;
}

export interface ObjectRecord extends Timed, Named {
  readonly properties?: readonly (SchemaRecord & { readonly name: string })[];
  readonly required?: readonly string[] | null;
  readonly description?: string | null;
}

export interface PropertyRecord extends Deletable, Named, SchemaRecord {}

export interface TagRecord extends Timed, Named {}

export interface ResourceTypeRecord extends Timed, Named {
  readonly prefix?: string | null;
  readonly properties_target?: string | null;
}

/** The payload of `metadef_namespace.*`. `oldName`: what it was called before, where it was renamed. */
export function namespacePayload(record: NamespaceRecord, oldName: string = record.namespace): NamespacePayload {
  return {
    namespace: record.namespace,
    namespace_old: oldName,
    display_name: record.display_name ?? null,
    protected: record.protected ?? false,
    visibility: record.visibility,
    owner: record.owner ?? null,
    description: record.description ?? null,
    ...times(record),
    ...deletion(record),
  };
}

/** The payload of `metadef_object.*`. `oldName`: what it was called before, where it was renamed. */
export function objectPayload(record: ObjectRecord, oldName: string = record.name): ObjectPayload {
  return {
    ...names(record, oldName),
    properties: (record.properties ?? []).map((property) => ({ name: property.name, ...schemaKeys(property) })),
    required: record.required ?? [],
    description: record.description ?? null,
    ...times(record),
    ...deletion(record),
  };
}

/** The payload of `metadef_property.*`. `oldName`: what it was called before, where it was renamed. */
export function propertyPayload(record: PropertyRecord, oldName: string = record.name): PropertyPayload {
  return { ...names(record, oldName), ...schemaKeys(record), ...deletion(record) };
}

/** The payload of `metadef_tag.*`. `oldName`: what it was called before, where it was renamed. */
export function tagPayload(record: TagRecord, oldName: string = record.name): TagPayload {
  return { ...names(record, oldName), ...times(record), ...deletion(record) };
}

/** The payload of `metadef_resource_type.*`. */
export function resourceTypePayload(record: ResourceTypeRecord, oldName: string = record.name): ResourceTypePayload {
  return {
    ...names(record, oldName),
    prefix: record.prefix ?? null,
    properties_target: record.properties_target ?? null,
    ...times(record),
    ...deletion(record),
  };
}

/** A record as it is when it has just been deleted: for the payloads of `.delete`. */
export function asDeleted<R extends object>(
  record: R,
  deletedAt: Moment = new Date(),
): R & { readonly deleted: true; readonly deleted_at: Moment } {
  return { ...record, deleted: true, deleted_at: (record as Deletable).deleted_at ?? deletedAt };
}

function names({ namespace, name }: Named, oldName: string) {
  return { namespace, name, name_old: oldName };
}

function times({ created_at, updated_at }: Timed) {
  return { created_at: time(created_at), updated_at: time(updated_at) };
}

function deletion({ deleted = false, deleted_at }: Deletable) {
  return { deleted, deleted_at: timeOrNull(deleted_at) };
}
