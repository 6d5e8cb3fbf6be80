import { expect, it } from 'vitest';
import { compileWhere, type Where } from '../../src/listener/filter.js';
import { notification } from '../support/amqp-probe.js';

const told = notification({
  publisherId: 'image.host-1',
  context: { project_id: 'p1', roles: ['member'], is_admin: true },
  payload: {
    status: 'active',
    size: 1_024,
    deleted: null,
    public: false,
    tags: ['red', 'blue'],
    properties: { os: { distro: 'debian' }, 'hw.cpu': 2 },
  },
});

it.each<[boolean, Where]>([
  [true, {}],
  [true, { publisherId: 'image.*' }],
  [true, { publisherId: 'image.host-?' }],
  [true, { publisherId: /^image\.host/ }],
  [false, { publisherId: 'image' }],
  [false, { publisherId: 'compute.*' }],
  [true, { context: { project_id: ['p0', 'p1'] } }],
  [true, { context: { is_admin: true } }],
  [true, { context: { roles: (roles) => Array.isArray(roles) && roles.includes('member') } }],
  [false, { context: { project_id: 'p1', user_id: 'u1' } }],
  // A regular expression is about values, not about what arrays and objects look like as text.
  [false, { context: { roles: /member/ } }],
  [true, { payload: { status: 'active', size: 1_024, deleted: null, public: false } }],
  [false, { payload: { status: 'active', size: 1_025 } }],
  [false, { payload: { size: '1024' } }],
  [true, { payload: { size: /^10/, public: /^false$/ } }],
  [false, { payload: { deleted: /null/ } }],
  [true, { payload: { 'tags.1': 'blue' } }],
  [false, { payload: { 'tags.2': 'blue' } }],
  [true, { payload: { 'properties.os.distro': ['ubuntu', /^deb/] } }],
  [true, { payload: { 'properties.hw.cpu': 2 } }],
  [true, { payload: { 'properties.none': (value) => value === undefined } }],
  [false, { payload: { 'properties.none': null } }],
  [false, { payload: { 'status.length': 6 } }],
  [false, { payload: { 'properties.constructor': (value) => value !== undefined } }],
])('%j: %o', (isMeant, where) => {
  const takes = compileWhere(where, 'where');
  expect(takes?.(told)).toBe(isMeant);
});

it('is not led astray by the place at which a regular expression stopped', () => {
  const takes = compileWhere({ payload: { status: /act/g }, publisherId: /image/y }, 'where');
  expect([takes?.(told), takes?.(told), takes?.(told)]).toEqual([true, true, true]);
});
