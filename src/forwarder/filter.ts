import { list, shown } from '../notification/configuration.js';
import { EventPatterns } from '../notification/event-pattern.js';
import type { Notification } from '../notification/notification.js';
import { isPriority, PRIORITIES, type Priority } from '../notification/priority.js';
import type { ConfigurationDocument, DocumentPath } from '../setup/document/configuration-document.js';

export type Filter = (notification: Notification) => boolean;

/** Reads `events` (globs, with `!`) and `priorities` of an object at `path`. Throws a ConfigurationError. */
export function readFilter(
  document: ConfigurationDocument,
  path: DocumentPath,
  written: Record<string, unknown>,
): Filter {
  const { events, priorities: names } = written;
  const patterns =
    events === undefined ? undefined : document.at([...path, 'events'], () => EventPatterns.parse(events, ''));
  const priorities = names === undefined ? undefined : readPriorities(document, [...path, 'priorities'], names);
  return ({ eventType, priority }) =>
    (priorities === undefined || priorities.has(priority)) && (patterns === undefined || patterns.matches(eventType));
}

function readPriorities(document: ConfigurationDocument, path: DocumentPath, written: unknown): ReadonlySet<Priority> {
  const names = document.at(path, () => list()(written, '')).map((name) => name.toUpperCase());
  const wrong = names.find((name) => !isPriority(name));
  if (wrong !== undefined || names.length === 0) {
    throw document.error(
      path,
      `${wrong === undefined ? 'is empty' : `has ${shown(wrong)}`}; it takes ${PRIORITIES.join(', ')}`,
    );
  }
  return new Set(names as Priority[]);
}
