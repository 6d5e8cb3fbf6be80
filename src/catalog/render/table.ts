import type { CatalogDefinitions } from '../catalog.js';
import { toldEvents } from './told-events.js';

/** One line per event type, for a terminal. */
export function tableOf(catalogs: readonly CatalogDefinitions[]): string {
  const rows = toldEvents(catalogs).map(({ eventType, priorities, catalog, definition, phase }) => [
    eventType,
    priorities.join(','),
    `${catalog.name} ${catalog.version}`,
    phase === undefined ? definition.summary : `${definition.summary} (${phase})`,
  ]);
  const all = [['EVENT TYPE', 'PRIORITIES', 'CATALOG', 'SUMMARY'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}
