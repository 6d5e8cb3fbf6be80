import type { EventDefinitions } from '../catalog/event-definition.js';
import { PRIORITIES } from './image-events.js';
import {
  NamespacePayload,
  ObjectPayload,
  PropertyPayload,
  ResourceTypePayload,
  TagPayload,
} from './metadef-payloads.js';
import {
  asDeleted,
  namespacePayload,
  objectPayload,
  propertyPayload,
  resourceTypePayload,
  tagPayload,
} from './metadef-records.js';

const MADE = { created_at: '2026-11-20T07:29:27Z', updated_at: '2026-11-20T07:29:27Z' } as const;
const DELETED_AT = '2026-11-20T08:00:00Z';
const namespace = { namespace: 'Hardware', visibility: 'public', display_name: 'Hardware', ...MADE } as const;
const object = {
  namespace: 'Hardware',
  name: 'CPU limits',
  properties: [{ name: 'quota:cpu_shares', type: 'integer', title: 'Shares', minimum: 0 }],
  ...MADE,
};
const property = { namespace: 'Hardware', name: 'hw_disk_bus', type: 'string', title: 'Bus', enum: ['scsi', 'virtio'] };
const tag = { namespace: 'Hardware', name: 'virtual', ...MADE };
const resourceType = { namespace: 'Hardware', name: 'OS::Glance::Image', prefix: 'hw_', ...MADE };

const ofNamespace = { payload: NamespacePayload, priorities: PRIORITIES } as const;
const ofObject = { payload: ObjectPayload, priorities: PRIORITIES } as const;
const ofProperty = { payload: PropertyPayload, priorities: PRIORITIES } as const;
const ofTag = { payload: TagPayload, priorities: PRIORITIES } as const;
const ofResourceType = { payload: ResourceTypePayload, priorities: PRIORITIES } as const;

const RENAMED = 'Sent when the change is stored. Where it was renamed, the old name is beside the new one.';
const CLEARED = 'It is sent once, and not once for each of them; the namespace itself stays.';

export const metadefEvents = {
  'metadef_namespace.create': {
    summary: 'A namespace of metadata definitions was created',
    meaning: 'Sent when the namespace is stored. What it holds tells of itself.',
    example: namespacePayload(namespace),
    ...ofNamespace,
  },
  'metadef_namespace.update': {
    summary: 'A namespace was changed',
    meaning: RENAMED,
    example: namespacePayload(namespace, 'Hardwear'),
    ...ofNamespace,
  },
  'metadef_namespace.delete': {
    summary: 'A namespace was deleted',
    meaning: 'Sent when the namespace is gone, and with it all that it held, of which nothing more is told.',
    example: namespacePayload(asDeleted(namespace, DELETED_AT)),
    ...ofNamespace,
  },
  'metadef_namespace.delete_objects': {
    summary: 'All objects of a namespace were deleted',
    meaning: `Sent when all objects are gone. ${CLEARED}`,
    example: namespacePayload(namespace),
    ...ofNamespace,
  },
  'metadef_namespace.delete_properties': {
    summary: 'All properties of a namespace were deleted',
    meaning: `Sent when all properties are gone. ${CLEARED}`,
    example: namespacePayload(namespace),
    ...ofNamespace,
  },
  'metadef_namespace.delete_tags': {
    summary: 'All tags of a namespace were deleted',
    meaning: `Sent when all tags are gone. ${CLEARED}`,
    example: namespacePayload(namespace),
    ...ofNamespace,
  },
  'metadef_object.create': {
    summary: 'An object was added to a namespace',
    meaning: 'Sent when the object is stored, with all of its properties.',
    example: objectPayload(object),
    ...ofObject,
  },
  'metadef_object.update': {
    summary: 'An object was changed',
    meaning: RENAMED,
    example: objectPayload(object, 'CPU'),
    ...ofObject,
  },
  'metadef_object.delete': {
    summary: 'An object was deleted',
    meaning: 'Sent when the object is gone. It is not sent when all objects of a namespace are deleted at once.',
    example: objectPayload(asDeleted(object, DELETED_AT)),
    ...ofObject,
  },
  'metadef_property.create': {
    summary: 'A property was added to a namespace',
    meaning: 'Sent when the property is stored.',
    example: propertyPayload(property),
    ...ofProperty,
  },
  'metadef_property.update': {
    summary: 'A property was changed',
    meaning: RENAMED,
    example: propertyPayload(property, 'hw_disk'),
    ...ofProperty,
  },
  'metadef_property.delete': {
    summary: 'A property was deleted',
    meaning: 'Sent when the property is gone. It is not sent when all properties of a namespace are deleted at once.',
    example: propertyPayload(asDeleted(property, DELETED_AT)),
    ...ofProperty,
  },
  'metadef_tag.create': {
    summary: 'A tag was added to a namespace',
    meaning: 'Sent when the tag is stored; one for each tag where many are added at once.',
    example: tagPayload(tag),
    ...ofTag,
  },
  'metadef_tag.update': {
    summary: 'A tag was changed',
    meaning: RENAMED,
    example: tagPayload(tag, 'virtuel'),
    ...ofTag,
  },
  'metadef_tag.delete': {
    summary: 'A tag was deleted',
    meaning: 'Sent when the tag is gone. It is not sent when all tags of a namespace are deleted at once.',
    example: tagPayload(asDeleted(tag, DELETED_AT)),
    ...ofTag,
  },
  'metadef_resource_type.create': {
    summary: 'A resource type was added to a namespace',
    meaning: 'Sent when the definitions of the namespace apply to resources of this type. It is never updated.',
    example: resourceTypePayload(resourceType),
    ...ofResourceType,
  },
  'metadef_resource_type.delete': {
    summary: 'A resource type was removed from a namespace',
    meaning: 'Sent when the definitions of the namespace no longer apply to this type. What is set stays set.',
    example: resourceTypePayload(asDeleted(resourceType, DELETED_AT)),
    ...ofResourceType,
  },
} as const satisfies EventDefinitions;
