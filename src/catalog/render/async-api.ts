import { PRIORITIES, type Priority } from '../../notification/priority.js';
import type { CatalogDefinitions } from '../catalog.js';
import { type ToldEvent, toldEvents } from './told-events.js';

const TOPIC = 'notifications';

/**
 * Catalogs as an AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0): a channel per
 * priority, as on RabbitMQ, and a message per event type in the `plain` wire format.
 */
export function asyncApiDocument(catalogs: readonly CatalogDefinitions[]): object {
  const events = toldEvents(catalogs);
  const priorities = PRIORITIES.filter((priority) => events.some((event) => event.priorities.includes(priority)));
  return {
    asyncapi: '3.0.0',
    info: {
      title: catalogs.map(({ name }) => name).join(', '),
      version: catalogs.map(({ version }) => version).join(', '),
      description: catalogs.flatMap(({ description }) => description ?? []).join('\n\n') || 'What a service tells.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(priorities.map((priority) => [channelOf(priority), channel(priority, events)])),
    operations: Object.fromEntries(
      priorities.map((priority) => [`tell.${priority.toLowerCase()}`, operation(priority, events)]),
    ),
    components: {
      messages: Object.fromEntries(events.map((event) => [event.eventType, message(event)])),
      schemas: Object.fromEntries(events.map(({ eventType, schema }) => [eventType, schema])),
    },
  };
}

function channelOf(priority: Priority): string {
  return `${TOPIC}.${priority.toLowerCase()}`;
}

function at(priority: Priority, events: readonly ToldEvent[]): readonly ToldEvent[] {
  return events.filter((event) => event.priorities.includes(priority));
}

function channel(priority: Priority, events: readonly ToldEvent[]): object {
  const messages = at(priority, events).map(({ eventType }) => [
    eventType,
    { $ref: `#/components/messages/${eventType}` },
  ]);
  return {
    address: channelOf(priority),
    description: `The topic ${TOPIC} at ${priority}.`,
    messages: Object.fromEntries(messages),
  };
}

function operation(priority: Priority, events: readonly ToldEvent[]): object {
  const name = channelOf(priority);
  return {
    action: 'send',
    channel: { $ref: `#/channels/${name}` },
    messages: at(priority, events).map(({ eventType }) => ({ $ref: `#/channels/${name}/messages/${eventType}` })),
  };
}

function message({ eventType, definition, priorities, phase }: ToldEvent): object {
  const { summary, meaning, example } = definition;
  return {
    name: eventType,
    title: phase === undefined ? summary : `${summary} (${phase})`,
    summary,
    description: meaning,
    contentType: 'application/json',
    payload: {
      type: 'object',
      required: ['message_id', 'publisher_id', 'event_type', 'priority', 'timestamp', 'payload'],
      properties: {
        message_id: { type: 'string', format: 'uuid', description: 'the same over retries: tells duplicates apart' },
        publisher_id: { type: 'string', description: '<service>.<hostname>' },
        event_type: { type: 'string', enum: [eventType] },
        priority: { type: 'string', enum: priorities },
        timestamp: { type: 'string', format: 'date-time', description: 'when it happened, UTC' },
        payload: { $ref: `#/components/schemas/${eventType}` },
        context: { type: 'object', description: 'request, user, project and operation ids' },
      },
    },
    ...(example !== undefined &&
      phase !== 'start' &&
      phase !== 'error' && { examples: [exampleOf(eventType, priorities, example)] }),
  };
}

function exampleOf(eventType: string, priorities: readonly Priority[], payload: unknown): object {
  return {
    name: eventType,
    payload: {
      message_id: '300affec-02eb-4158-b495-c6b9fe1fb859',
      publisher_id: 'service.host',
      event_type: eventType,
      priority: priorities[0],
      timestamp: '2026-11-20T07:29:26.761Z',
      payload,
      context: {},
    },
  };
}
