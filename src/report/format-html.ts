import { type Content, type Markup, markup, Markup as Raw } from './html/markup.js';
import { errorRatesChart, percentilesChart } from './html/row-charts.js';
import { STYLE } from './html/style.js';
import {
  badLinesTable,
  eventsTable,
  objectivesTable,
  operationsTable,
  slowestTable,
  usageTable,
} from './html/tables.js';
import { DURATIONS_LEGEND, durationsChart, errorRateChart, eventsChart } from './html/time-charts.js';
import { timelineChart } from './html/timeline-chart.js';
import type { OperationRow } from './operations.js';
import type { Report } from './report.js';

/**
 * The report as one page. It needs nothing else and asks for nothing: no script, no font, no picture, and its policy
 * forbids them, so that whatever somebody managed to write into a log can do nothing here.
 */
export function formatHtml(report: Report): string {
  const { plots, users, projects, input } = report;
  const sections: Markup[] = [
    section('events', 'Events over time', plots && plots.events.points.length > 0 && eventsChart(plots.events)),
    section('durations', 'Durations over time', durationsOverTime(report)),
    section('percentiles', 'Percentiles', percentiles(report.operations)),
    section('errors', 'Error rates', errorRates(report)),
    section('timelines', 'Timelines of the slowest operations', plots?.timelines.map(timelineChart)),
    section('operations', 'Operations', operationsTable(report)),
    section('objectives', 'Objectives', objectivesTable(report)),
    section('slowest', 'Slowest operations', slowestTable(report)),
    section('users', 'Users', usageTable('The busiest users', 'User', users)),
    section('projects', 'Projects', usageTable('The busiest projects', 'Project', projects)),
    section('event-types', 'Event types', eventsTable(report)),
    section('input', 'What could not be read', input.malformed > 0 ? badLinesTable(report) : undefined),
  ].filter((part) => part !== undefined);
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Notifications${report.last === undefined ? '' : ` until ${report.last}`}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<style>${new Raw(STYLE)}</style></head><body>
<a class="skip" href="#main">To the report</a>
${header(report)}
<main id="main">${sections}</main>
</body></html>`;
  return page.html;
}

function header({ input, first, last, by, events, operations, notes }: Report): Markup {
  const errors = events.reduce((sum, row) => sum + row.errors, 0);
  const open = operations.reduce((sum, row) => sum + row.open, 0);
  const numbers: [string, number, boolean][] = [
    ['notifications', input.notifications, false],
    ['errors', errors, errors > 0],
    ['operations open', open, false],
    ['duplicates left out', input.duplicates, false],
    ['outside of the time', input.outside, false],
    ['malformed lines', input.malformed, input.malformed > 0],
  ];
  const tiles = numbers
    .filter(([name, count]) => count > 0 || name === 'notifications' || name === 'errors')
    .map(
      ([name, count, isAlarm]) =>
        markup`<div class="${isAlarm ? 'alarm' : ''}"><dt>${name}</dt><dd>${count.toLocaleString('en')}</dd></div>`,
    );
  const when = first === undefined ? 'There are none.' : `From ${first} to ${last} (UTC).`;
  const grouped = by === undefined ? undefined : ` Rows under a row are by ${by}.`;
  return markup`<header><h1>Notifications</h1><p>${when}${grouped}</p><dl class="numbers">${tiles}</dl>${notes.map(
    (note) => markup`<p>${note}</p>`,
  )}</header>`;
}

/** Nothing where there is nothing in it. */
function section(id: string, title: string, content: Content | false | (Content | false)[]): Markup | undefined {
  const parts = [content]
    .flat()
    .filter((part): part is Exclude<Content, undefined> => part !== undefined && part !== false);
  const isEmpty = parts.every((part) => part instanceof Raw && part.html === '');
  if (isEmpty) return undefined;
  return markup`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${parts}</section>`;
}

function durationsOverTime({ plots }: Report): Content {
  const shown = plots?.operations.filter(({ series }) =>
    series.points.some(({ durations }) => durations !== undefined),
  );
  if (shown === undefined || shown.length === 0) return undefined;
  const charts = shown.map(({ operation, series }, index) => durationsChart(operation, series, index));
  return [DURATIONS_LEGEND, markup`<div class="charts">${charts}</div>`];
}

function percentiles(operations: readonly OperationRow[]): Content {
  const rows = operations.flatMap(({ operation, durations }) =>
    durations === undefined ? [] : [{ operation, durations }],
  );
  if (rows.length === 0) return undefined;
  const legend = markup`<p class="legend">A line from the shortest to the longest, a dot at the median, a box up to the 95th percentile, a mark at the 99th.</p>`;
  return [legend, percentilesChart(rows)];
}

/** Over time and by operation, or by event type where there is none, since every `.error` is an error. */
function errorRates({ events, operations, plots }: Report): Content {
  const rows = operations
    .filter(({ ended }) => ended > 0)
    .map(({ operation, ended, errors }) => ({ name: operation, count: ended, errors }));
  const named = new Set(rows.map(({ name }) => name));
  const single = events.filter(({ eventType }) => !named.has(eventType.replace(/\.(start|end|error)$/, '')));
  const all = [...rows, ...single.map(({ eventType, count, errors }) => ({ name: eventType, count, errors }))];
  if (all.every(({ errors }) => errors === 0)) return undefined;
  return [plots && errorRateChart(plots.events), errorRatesChart(all)];
}
