import type { CatalogDefinitions } from '../catalog.js';
import type { JsonSchema } from '../json-schema.js';
import { fieldRows } from './field-rows.js';
import { type ToldEvent, toldEvents } from './told-events.js';

/** The rows of the payloads that are on the page. */
type Printed = Map<ToldEvent, readonly string[]>;

/** Catalogs as one page for operators: what there is, when it is sent, what it does not mean, and what it carries. */
export function markdownOf(catalogs: readonly CatalogDefinitions[]): string {
  const events = toldEvents(catalogs);
  const printed: Printed = new Map();
  const parts = [
    `# Notifications: ${catalogs.map(({ name, version }) => `${name} ${version}`).join(', ')}`,
    ...catalogs.flatMap(({ description }) => description ?? []),
    contents(events),
    ...groups(events).flatMap(([name, members]) => [
      `## ${name}`,
      ...members.flatMap((event) => section(event, printed)),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** By what they are of: `image.member.create` is of `image.member`. */
function groups(events: readonly ToldEvent[]): readonly (readonly [string, readonly ToldEvent[]])[] {
  const found = new Map<string, ToldEvent[]>();
  for (const event of events) {
    const base = event.phase === undefined ? event.eventType : event.eventType.slice(0, -event.phase.length - 1);
    const name = base.includes('.') ? base.slice(0, base.lastIndexOf('.')) : base;
    found.set(name, [...(found.get(name) ?? []), event]);
  }
  return [...found];
}

function contents(events: readonly ToldEvent[]): string {
  const rows = events.map(
    (event) =>
      `| [${event.eventType}](#${anchor(event.eventType)}) | ${event.priorities.join(' ')} | ${titleOf(event)} |`,
  );
  return ['| Event type | Priorities | Summary |', '|---|---|---|', ...rows].join('\n');
}

function section(event: ToldEvent, printed: Printed): readonly string[] {
  const { eventType, definition, priorities, phase } = event;
  return [
    `### ${eventType}`,
    `${titleOf(event)}. ${definition.meaning}`,
    `Priorities: ${priorities.join(', ')}.${textNote(event)}`,
    ...payload(event, printed),
    ...(definition.example !== undefined && phase !== 'start' && phase !== 'error'
      ? [`\`\`\`json\n${JSON.stringify(definition.example, undefined, 2)}\n\`\`\``]
      : []),
  ];
}

function titleOf({ definition, phase }: ToldEvent): string {
  return phase === undefined ? definition.summary : `${definition.summary} (${phase})`;
}

function textNote({ priorities, definition }: ToldEvent): string {
  const trouble = priorities.filter((priority) => ['WARN', 'ERROR', 'CRITICAL'].includes(priority));
  const notes = [
    ...(trouble.length === 0
      ? []
      : [` At ${trouble.join(' and ')} the payload may be a text that says what happened.`]),
    ...(definition.text === undefined ? [] : [` The payload may be a bare text: ${definition.text.meaning}.`]),
  ];
  return notes.join('');
}

/** Many events carry the same, or the same and more: it is printed once. */
function payload(event: ToldEvent, printed: Printed): readonly string[] {
  const rows = fieldRows(event.schema).map(({ path, type, rules, meaning }) => {
    return `| \`${path}\` | ${[type, ...rules].map(escaped).join(', ')} | ${escaped(meaning)} |`;
  });
  if (rows.length === 0) return [`Payload: ${describe(event.schema)}.`];
  const [first, known = []] = [...printed].find(([, each]) => each.every((row) => rows.includes(row))) ?? [];
  if (!printed.has(event)) printed.set(event, rows);
  const more = rows.filter((row) => !known.includes(row));
  const table = ['| Field | Value | Meaning |', '|---|---|---|', ...more].join('\n');
  if (first === undefined) return [table];
  const link = `[${first.eventType}](#${anchor(first.eventType)})`;
  return more.length === 0 ? [`Payload: as of ${link}.`] : [`Payload: as of ${link}, and`, table];
}

function describe({ description, anyOf }: JsonSchema): string {
  return description ?? anyOf?.find((each) => each.description !== undefined)?.description ?? 'anything';
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

/** As GitHub makes it from the heading. */
function anchor(eventType: string): string {
  return eventType.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '');
}
