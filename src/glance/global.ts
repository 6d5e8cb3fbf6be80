import type { GlancePayloads } from './catalog.js';

declare module '../notification/event-payloads.js' {
  interface EventPayloads extends GlancePayloads {}
}
