import { describe, expect, it } from 'vitest';
import { describeRule } from '../../src/catalog/class-check.js';
import type { PayloadClass } from '../../src/catalog/event-definition.js';
import { readPayloadClass } from '../../src/catalog/payload-class.js';
import {
  asDeleted,
  deletedImagePayload,
  failedTaskPayload,
  glance,
  type ImageRecord,
  imageDataPayload,
  imageExistsPayload,
  imageMemberPayload,
  imagePayload,
  imageSendPayload,
  namespacePayload,
  objectPayload,
  processingTaskPayload,
  propertyPayload,
  resourceTypePayload,
  runningTaskPayload,
  succeededTaskPayload,
  type TaskRecord,
  tagPayload,
  taskPayload,
} from '../../src/glance/index.js';
import { glanceWire } from '../support/glance-wire.js';

function problem(
  eventType: string,
  payload: unknown,
  priority: 'INFO' | 'WARN' | 'ERROR' = 'INFO',
): string | undefined {
  return glance.find(eventType)?.check(JSON.parse(JSON.stringify(payload)), priority);
}

describe('what Glance really sends', () => {
  const wire = glanceWire().filter(({ eventType }) => /^(image|metadef_)/.test(eventType));

  it('is recorded of images and all metadata definitions', () => {
    expect(new Set(wire.map(({ eventType }) => eventType.split('.')[0]))).toEqual(
      new Set([
        'image',
        'metadef_namespace',
        'metadef_object',
        'metadef_property',
        'metadef_tag',
        'metadef_resource_type',
      ]),
    );
  });

  it.each(wire)('is right: $eventType', ({ eventType, payload }) => {
    expect(glance.find(eventType)).toBeDefined();
    expect(problem(eventType, payload)).toBeUndefined();
  });
});

const UUID = 'isUuid';
const TIME = 'matches';
const WRONG_TIME = '2026-11-20 07:29:26';

/** Of each payload: a field, what it must not be, and the rule that refuses it. */
const REFUSED: readonly (readonly [string, string, unknown, string])[] = [
  ['image.create', 'id', 'i-1', UUID],
  ['image.create', 'name', 7, 'isString'],
  ['image.create', 'name', 'x'.repeat(256), 'maxLength(255)'],
  ['image.create', 'status', 'lost', 'isIn'],
  ['image.create', 'created_at', WRONG_TIME, TIME],
  ['image.create', 'updated_at', null, TIME],
  ['image.create', 'min_disk', -1, 'min(0)'],
  ['image.create', 'min_ram', 0.5, 'isInt'],
  ['image.create', 'protected', 'no', 'isBoolean'],
  ['image.create', 'checksum', 'abc', 'matches'],
  ['image.create', 'owner', 7, 'isString'],
  ['image.create', 'disk_format', 7, 'isString'],
  ['image.create', 'container_format', 7, 'isString'],
  ['image.create', 'size', -1, 'min(0)'],
  ['image.create', 'size', '300000', 'isInt'],
  ['image.create', 'virtual_size', -1, 'min(0)'],
  ['image.create', 'is_public', 1, 'isBoolean'],
  ['image.create', 'visibility', 'secret', 'isIn(public, private, shared, community)'],
  ['image.create', 'properties', [], 'isObject'],
  ['image.create', 'tags', ['a', 7], 'isString'],
  ['image.create', 'tags', 'a', 'isArray'],
  ['image.create', 'deleted', 'no', 'isBoolean'],
  ['image.create', 'deleted_at', WRONG_TIME, TIME],
  ['image.prepare', 'os_glance_importing_to_stores', 'fast', 'isArray'],
  ['image.upload', 'os_glance_failed_import', [7], 'isString'],
  ['image.upload', 'backend', 7, 'isString'],
  ['image.delete', 'deleted', false, 'equals(true)'],
  ['image.delete', 'deleted_at', null, TIME],
  ['image.send', 'image_id', 'i-1', UUID],
  ['image.send', 'owner_id', 7, 'isString'],
  ['image.send', 'receiver_tenant_id', 7, 'isString'],
  ['image.send', 'receiver_user_id', 7, 'isString'],
  ['image.send', 'destination_ip', 'host', 'isIp'],
  ['image.send', 'bytes_sent', -1, 'min(0)'],
  ['image.exists', 'owner', 7, 'isString'],
  ['image.exists', 'audit_period_beginning', '2026-11-20T07:00:00Z', 'matches'],
  ['image.exists', 'audit_period_ending', '2026-11-20', 'matches'],
  ['image.exists', 'images', {}, 'isArray'],
  ['image.member.create', 'image_id', 'i-1', UUID],
  ['image.member.create', 'member_id', '', 'isNotEmpty'],
  ['image.member.update', 'status', 'maybe', 'isIn(pending, accepted, rejected)'],
  ['image.member.delete', 'deleted_at', WRONG_TIME, TIME],
  ['task.create', 'task_id', 't-1', UUID],
  ['task.create', 'task_type', '', 'isNotEmpty'],
  ['task.create', 'task_input', 'import', 'isObject'],
  ['task.create', 'status', 'lost', 'isIn(pending, processing, success, failure)'],
  ['task.create', 'expires_at', WRONG_TIME, TIME],
  ['task.run', 'result', {}, 'equals'],
  ['task.run', 'message', 'm', 'equals'],
  ['task.run', 'status', 'success', 'isIn(pending, processing)'],
  ['task.processing', 'result', {}, 'equals'],
  ['task.processing', 'message', 'm', 'equals'],
  ['task.processing', 'status', 'pending', 'equals(processing)'],
  ['task.success', 'result', null, 'isObject'],
  ['task.success', 'message', 'm', 'equals'],
  ['task.success', 'status', 'failure', 'equals(success)'],
  ['task.failure', 'result', {}, 'equals'],
  ['task.failure', 'message', null, 'isString'],
  ['task.failure', 'status', 'success', 'equals(failure)'],
  ['metadef_namespace.create', 'namespace', 'x'.repeat(81), 'maxLength(80)'],
  ['metadef_namespace.update', 'namespace_old', '', 'isNotEmpty'],
  ['metadef_namespace.delete', 'visibility', 'shared', 'isIn(public, private)'],
  ['metadef_namespace.delete_tags', 'protected', null, 'isBoolean'],
  ['metadef_object.create', 'properties', null, 'isArray'],
  ['metadef_object.update', 'required', [7], 'isString'],
  ['metadef_property.create', 'minLength', -1, 'min(0)'],
  ['metadef_property.create', 'minimum', '0', 'isNumber'],
  ['metadef_property.create', 'enum', 'a', 'isArray'],
  ['metadef_property.create', 'items', [], 'isObject'],
  ['metadef_property.create', 'uniqueItems', 0, 'isBoolean'],
  ['metadef_tag.create', 'created_at', WRONG_TIME, TIME],
  ['metadef_resource_type.create', 'prefix', 7, 'isString'],
];

describe('the rules', () => {
  it.each(REFUSED)('of %s: %s must not be %j', (eventType, field, value, rule) => {
    const example = glance.events[eventType]?.example as Record<string, unknown>;
    expect(problem(eventType, example)).toBeUndefined();
    const found = problem(eventType, { ...example, [field]: value });
    expect(found?.split('; ').some((each) => each.startsWith(`${field} breaks ${rule}`))).toBe(true);
  });

  /** For each rule there is one of these that it refuses. */
  const WRONG: readonly unknown[] = [{}, [], [7], 7, -1, 0.5, '', 'x', 'x'.repeat(256), 'x'.repeat(70_000), null];

  it.each(Object.entries(glance.events))('of %s: each refuses something', (eventType, { payload, example }) => {
    const { fields } = readPayloadClass(payload as PayloadClass, eventType);
    const silent = fields.flatMap(({ name, rules }) =>
      rules
        .map((rule) => `${name} breaks ${describeRule(rule)}`)
        .filter(
          (text) =>
            !WRONG.some((value) => problem(eventType, { ...(example as object), [name]: value })?.includes(text)),
        ),
    );
    expect(silent).toEqual([]);
    expect(fields.length).toBeGreaterThan(3);
  });

  it.each(Object.keys(glance.events))('of %s: every field has to be there that is not optional', (eventType) => {
    const example = glance.events[eventType]?.example as Record<string, unknown>;
    const optional = [
      'os_glance_importing_to_stores',
      'os_glance_failed_import',
      'backend',
      'destination_ip',
      'default',
    ];
    for (const field of Object.keys(example)) {
      const { [field]: _, ...rest } = example;
      expect([field, problem(eventType, rest) === undefined]).toEqual([field, optional.includes(field)]);
    }
  });

  it('say where a field of a list is wrong, and never what it holds', () => {
    const example = glance.events['image.exists']?.example as { images: object[] };
    const images = [...example.images, { ...example.images[0], size: 'hunter2', status: 'hunter2' }];
    expect(problem('image.exists', { ...example, images })).toBe(
      'images.1.size breaks isInt; images.1.status breaks isIn',
    );
  });

  it('take a text at WARN and ERROR, at INFO only the id of a deleted image', () => {
    expect(problem('image.create', 'no space', 'ERROR')).toBeUndefined();
    expect(problem('image.create', 'no space', 'WARN')).toBeUndefined();
    expect(problem('image.create', 'no space')).toBe('the payload breaks isObject');
    expect(problem('image.delete', '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f')).toBeUndefined();
    expect(problem('image.delete', 'all of them')).toBe('the payload breaks isObject');
  });

  it('of a pair follow from the event that it is of', () => {
    expect(problem('task.run.start', {})).toBeUndefined();
    expect(problem('task.run.start', { task_id: 't-1' })).toMatch(/^task_id breaks isUuid/);
    expect(problem('task.run.end', {})).toMatch(/task_id breaks isUuid/);
    expect(problem('task.run.error', 'no space')).toBeUndefined();
    expect(glance.find('task.unknown')).toBeUndefined();
  });
});

const image: ImageRecord & Record<string, unknown> = {
  id: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f',
  status: 'active',
  created_at: new Date('2026-11-20T07:29:26.761Z'),
  updated_at: '2026-11-20 07:29:26.761238',
  visibility: 'public',
  size: 0,
  location: 'swift://user:hunter2@store/images/1',
  locations: [{ url: 'swift://user:hunter2@store/images/1' }],
  direct_url: 'swift://user:hunter2@store/images/1',
  properties: { os_distro: 'linux', direct_url: 'swift://user:hunter2@store/images/1' },
};
const times = { created_at: '2026-11-20T07:29:26Z', updated_at: '2026-11-20T07:29:26Z' };

describe('the helpers', () => {
  it('build the payload of an image, and never let the location out', () => {
    expect(imagePayload(image)).toEqual({
      id: image.id,
      name: null,
      status: 'active',
      ...times,
      min_disk: 0,
      min_ram: 0,
      protected: false,
      checksum: null,
      owner: null,
      disk_format: null,
      container_format: null,
      size: 0,
      virtual_size: null,
      is_public: true,
      visibility: 'public',
      properties: { os_distro: 'linux' },
      tags: [],
      deleted: false,
      deleted_at: null,
    });
    const all = [
      imagePayload(image),
      imageDataPayload(image),
      deletedImagePayload(image),
      imageExistsPayload(null, 'x', 'y', [image]),
    ];
    expect(JSON.stringify(all)).not.toContain('hunter2');
  });

  it('build right payloads of everything', () => {
    const task: TaskRecord = { id: image.id, type: 'import', status: 'processing', ...times };
    const member = { image_id: image.id, member_id: 'p1', status: 'pending' as const, ...times };
    const namespace = { namespace: 'N', visibility: 'public' as const, ...times };
    const named = { namespace: 'N', name: 'n', ...times };
    const built: Record<string, unknown> = {
      'image.update': imagePayload(image),
      'image.upload': imageDataPayload(image, { importingToStores: ['a'], failedImport: [], backend: 'b' }),
      'image.delete': deletedImagePayload(image),
      'image.send': imageSendPayload(image, { address: '::1' }, 0),
      'image.exists': imageExistsPayload('o', '2026-11-20T07:00:00Z', new Date(), [image]),
      'image.member.create': imageMemberPayload(member),
      'task.create': taskPayload(task),
      'task.run': runningTaskPayload({ ...task, result: { old: true } }),
      'task.processing': processingTaskPayload(task),
      'task.success': succeededTaskPayload(task),
      'task.failure': failedTaskPayload({ ...task, message: 'no space' }),
      'metadef_namespace.delete': namespacePayload(asDeleted(namespace)),
      'metadef_object.create': objectPayload({ ...named, properties: [{ name: 'p', minimum: 0 }] }),
      'metadef_property.create': propertyPayload(named),
      'metadef_tag.delete': tagPayload(asDeleted(named)),
      'metadef_resource_type.create': resourceTypePayload(named),
    };
    for (const [type, payload] of Object.entries(built))
      expect([type, problem(type, payload)]).toEqual([type, undefined]);
  });

  it('keep the old name of what was renamed, else the one that it has', () => {
    const named = { namespace: 'N', name: 'new', ...times };
    expect(tagPayload(named, 'old')).toMatchObject({ name: 'new', name_old: 'old' });
    expect(tagPayload(named)).toMatchObject({ name: 'new', name_old: 'new' });
    const namespace = { namespace: 'new', visibility: 'public' as const, ...times };
    expect(namespacePayload(namespace, 'old')).toMatchObject({ namespace: 'new', namespace_old: 'old' });
  });

  it("keep 0, false and ''", () => {
    const property = { namespace: 'N', name: 'n', minimum: 0, confidential: false, default: '', minLength: 0 };
    expect(propertyPayload(property)).toMatchObject({
      minimum: 0,
      confidential: false,
      default: '',
      minLength: 0,
      maximum: null,
    });
  });
});
