import { Nested } from '../catalog/field-marks.js';
import { Flag, Name, OneOf, OrNull, Text, Texts, Time } from './fields.js';
import { ObjectProperty, SchemaKeys } from './schema-keys.js';

const NAMESPACE = 'the namespace that it belongs to';
const OLD = 'its name before the change';
const MADE = 'when it was made';
const CHANGED = 'when it was changed last';
const GONE = 'it is deleted';
const GONE_AT = 'when it was deleted';

/** Of `metadef_namespace.*`. */
export class NamespacePayload {
  @Name('its name', 80) readonly namespace!: string;
  @Name(OLD, 80) readonly namespace_old!: string;
  @OrNull(Text('what a form calls it', 80)) readonly display_name!: string | null;
  @Flag('it cannot be deleted') readonly protected!: boolean;
  @OneOf('who may see it', ['public', 'private']) readonly visibility!: 'public' | 'private';
  @OrNull(Text('the project that it belongs to')) readonly owner!: string | null;
  @OrNull(Text('what it is for', 65_535)) readonly description!: string | null;
  @Time(MADE) readonly created_at!: string;
  @Time(CHANGED) readonly updated_at!: string;
  @Flag(GONE) readonly deleted!: boolean;
  @OrNull(Time(GONE_AT)) readonly deleted_at!: string | null;
}

/** Of `metadef_object.*`. */
export class ObjectPayload {
  @Name(NAMESPACE, 80) readonly namespace!: string;
  @Name('its name', 80) readonly name!: string;
  @Name(OLD, 80) readonly name_old!: string;
  @Nested(() => ObjectProperty, { each: true }) readonly properties!: readonly ObjectProperty[];
  @OrNull(Texts('the properties that must be given')) readonly required!: readonly string[] | null;
  @OrNull(Text('what it is for', 65_535)) readonly description!: string | null;
  @Time(MADE) readonly created_at!: string;
  @Time(CHANGED) readonly updated_at!: string;
  @Flag(GONE) readonly deleted!: boolean;
  @OrNull(Time(GONE_AT)) readonly deleted_at!: string | null;
}

/** Of `metadef_property.*`; it has no times of its own. */
export class PropertyPayload extends SchemaKeys {
  @Name(NAMESPACE, 80) readonly namespace!: string;
  @Name('its name', 80) readonly name!: string;
  @Name(OLD, 80) readonly name_old!: string;
  @Flag(GONE) readonly deleted!: boolean;
  @OrNull(Time(GONE_AT)) readonly deleted_at!: string | null;
}

/** Of `metadef_tag.*`. */
export class TagPayload {
  @Name(NAMESPACE, 80) readonly namespace!: string;
  @Name('its name', 80) readonly name!: string;
  @Name(OLD, 80) readonly name_old!: string;
  @Time(MADE) readonly created_at!: string;
  @Time(CHANGED) readonly updated_at!: string;
  @Flag(GONE) readonly deleted!: boolean;
  @OrNull(Time(GONE_AT)) readonly deleted_at!: string | null;
}

/** Of `metadef_resource_type.*`. */
export class ResourceTypePayload {
  @Name(NAMESPACE, 80) readonly namespace!: string;
  @Name('its name, for instance OS::Glance::Image', 80) readonly name!: string;
  @Name(OLD, 80) readonly name_old!: string;
  @OrNull(Text('what property names begin with', 80)) readonly prefix!: string | null;
  @OrNull(Text('what the properties are set on', 80)) readonly properties_target!: string | null;
  @Time(MADE) readonly created_at!: string;
  @Time(CHANGED) readonly updated_at!: string;
  @Flag(GONE) readonly deleted!: boolean;
  @OrNull(Time(GONE_AT)) readonly deleted_at!: string | null;
}
