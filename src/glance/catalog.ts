import type { PayloadsOf } from '../catalog/event-definition.js';
import { type Catalog, defineCatalog } from '../typed/define-catalog.js';
import { imageEvents } from './image-events.js';
import { metadefEvents } from './metadef-events.js';
import { taskEvents } from './task-events.js';

/** The payloads of Glance's notifications, by event type. */
export interface GlancePayloads
  extends PayloadsOf<typeof imageEvents>,
    PayloadsOf<typeof taskEvents>,
    PayloadsOf<typeof metadefEvents> {}

/** The notifications of an image service, as OpenStack's Glance tells them. */
export const glance: Catalog<GlancePayloads> = defineCatalog({
  name: 'glance',
  version: '1.0.0',
  description:
    'What an image service tells, as OpenStack Glance does: images and their data, with whom they are shared, tasks, and metadata definitions.',
  events: { ...imageEvents, ...taskEvents, ...metadefEvents },
});
