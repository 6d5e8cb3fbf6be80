import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/report/report.js';
import { ReportBuilder, type ReportOptions } from '../../src/report/report-builder.js';
import { BEGAN, type Line, openStack, plain } from './lines.js';

function reportOf(lines: readonly string[], options: ReportOptions = {}): Report {
  const builder = new ReportBuilder(options);
  for (const [index, line] of lines.entries()) builder.line(line, 'log', index + 1);
  return builder.report();
}

/** A pair of an operation, as tidings tells it. */
function pair(operation: string, id: string, at: number, seconds: number, more: Partial<Line> = {}): [string, string] {
  const context = { operation_id: id, ...more.context };
  return [
    plain({ ...more, type: `${operation}.start`, at, priority: 'INFO', context }),
    plain({
      type: `${operation}.end`,
      at: at + seconds,
      ...more,
      context: { ...context, duration_ms: seconds * 1_000 },
    }),
  ];
}

describe('the counts', () => {
  it('are those of each event type, its errors, and its rate over the time of the report', () => {
    const lines = [
      plain({ type: 'image.update', at: 0 }),
      plain({ type: 'image.update', at: 60, priority: 'ERROR' }),
      plain({ type: 'image.update', at: 90, priority: 'WARN' }),
      plain({ type: 'image.create', at: 120, priority: 'CRITICAL' }),
    ];
    const { events, first, last, input } = reportOf(lines);
    expect(events).toEqual([
      { eventType: 'image.update', count: 3, perMinute: 1.5, errors: 1, errorRate: 1 / 3 },
      { eventType: 'image.create', count: 1, perMinute: 0.5, errors: 1, errorRate: 1 },
    ]);
    expect([first, last]).toEqual(['2026-03-01T00:00:00.000Z', '2026-03-01T00:02:00.000Z']);
    expect(input).toEqual({ lines: 4, notifications: 4, duplicates: 0, outside: 0, malformed: 0, malformedLines: [] });
  });

  it('read every wire format, and what real services sent', () => {
    const fixture = readFileSync(new URL('../fixtures/glance-25.1-wire.jsonl', import.meta.url), 'utf8');
    const bodies = fixture
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).body as string);
    const { input, events } = reportOf(bodies);
    expect(input).toMatchObject({ lines: bodies.length, malformed: 0 });
    expect(events.map(({ eventType }) => eventType)).toContain('image.upload');
    const event = {
      specversion: '1.0',
      id: '1',
      source: 'image.a',
      type: 'image.create',
      time: '2026-03-01T00:00:00Z',
      data: {},
    };
    expect(reportOf([JSON.stringify(event)]).events).toMatchObject([{ eventType: 'image.create', count: 1 }]);
  });

  it('leave out duplicates, whatever is between them', () => {
    const line = plain({ type: 'image.update', at: 0, id: 'one' });
    const { input, events } = reportOf([line, plain({ type: 'image.update', at: 1 }), line, line]);
    expect(input).toMatchObject({ notifications: 2, duplicates: 2 });
    expect(events).toMatchObject([{ count: 2 }]);
  });

  it('name malformed lines by their number, with nothing of what is in them', () => {
    const secret = '{"password": "hunter2", ';
    const bad = [secret, '[1]', '"text"', 'null', '{}', '{"event_type":1,"timestamp":{}}'];
    const late = plain({ type: 'a', at: 0 }).replace('2026-03-01T', 'soon');
    const { input } = reportOf([plain({ type: 'a', at: 0 }), ...bad, late, plain({ type: 'a', at: 0 })]);
    expect(input).toMatchObject({ lines: 9, notifications: 2, malformed: 7 });
    expect(input.malformedLines.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(JSON.stringify(input)).not.toContain('hunter2');
  });

  it('are of the time asked for', () => {
    const lines = [0, 10, 20, 30].map((at) => plain({ type: 'a', at }));
    const { input, first, last } = reportOf(lines, { since: BEGAN + 10_000, until: BEGAN + 30_000 });
    expect(input).toMatchObject({ notifications: 2, outside: 2 });
    expect([first, last]).toEqual(['2026-03-01T00:00:10.000Z', '2026-03-01T00:00:20.000Z']);
  });

  it('say who did what', () => {
    const by = (user_id: string, project_id: string) => ({ user_id, project_id });
    const { users, projects } = reportOf([
      plain({ type: 'a', at: 0, context: by('alice', 'p') }),
      plain({ type: 'b', at: 0, context: by('alice', 'p'), priority: 'ERROR' }),
      plain({ type: 'b', at: 0, context: by('bob', 'p') }),
      openStack({ type: 'b', at: 0, context: { user: 'alice', tenant: 'q' } }),
    ]);
    expect(users).toEqual([
      {
        id: 'alice',
        count: 3,
        errors: 1,
        events: [
          { eventType: 'b', count: 2 },
          { eventType: 'a', count: 1 },
        ],
      },
      { id: 'bob', count: 1, errors: 0, events: [{ eventType: 'b', count: 1 }] },
    ]);
    expect(projects.map(({ id, count }) => [id, count])).toEqual([
      ['p', 3],
      ['q', 1],
    ]);
  });

  it('are grouped by publisher, project or user', () => {
    const lines = [
      ...pair('task.run', '1', 0, 1, { publisher: 'b' }),
      ...pair('task.run', '2', 0, 3, { publisher: 'c' }),
      plain({ type: 'image.update', at: 0, publisher: 'c' }),
    ];
    const { events, operations } = reportOf(lines, { by: 'publisher' });
    expect(events.find(({ eventType }) => eventType === 'image.update')?.groups).toMatchObject([
      { group: 'c', count: 1 },
    ]);
    expect(operations[0]?.groups?.map(({ group, durations }) => [group, durations?.maxMs])).toEqual([
      ['b', 1_000],
      ['c', 3_000],
    ]);
    expect(reportOf(lines, { by: 'user' }).operations[0]?.groups).toMatchObject([{ group: '(none)', ended: 2 }]);
  });
});

describe('operations', () => {
  it('are timed by what their end measured, and by nothing else where there is that', () => {
    const { operations } = reportOf([
      plain({ type: 'task.run.start', at: 0, context: { operation_id: '1' } }),
      // The clock was set back in between.
      plain({ type: 'task.run.end', at: -100, context: { operation_id: '1', duration_ms: 1_500 } }),
    ]);
    expect(operations).toEqual([
      {
        operation: 'task.run',
        ended: 1,
        errors: 0,
        errorRate: 0,
        durations: { count: 1, minMs: 1500, medianMs: 1500, p95Ms: 1500, p99Ms: 1500, maxMs: 1500 },
        skewed: 0,
        open: 0,
        openOver: 0,
        orphaned: 0,
        ambiguous: 0,
      },
    ]);
  });

  it('are closed by an error too', () => {
    const [start, end] = pair('task.run', '1', 0, 1, { type: 'task.run.error', priority: 'ERROR' });
    expect(reportOf([start, end]).operations).toMatchObject([
      { ended: 1, errors: 1, errorRate: 1, open: 0, orphaned: 0 },
    ]);
  });

  it('have a name for two event types that belong together', () => {
    const context = { operation_id: '1' };
    const types = [plain({ type: 'a.begun', at: 0, context }), plain({ type: 'a.done', at: 2, context })];
    expect(reportOf(types, { pairs: ['a.begun=a.done'] }).operations).toMatchObject([
      { operation: 'a.done', ended: 1, durations: { maxMs: 2_000 } },
    ]);
    const glance = [plain({ type: 'image.prepare', at: 0, context }), plain({ type: 'image.upload', at: 3, context })];
    expect(reportOf(glance).operations).toMatchObject([{ operation: 'image.upload', durations: { maxMs: 3_000 } }]);
    expect(() => reportOf([], { pairs: ['a.begun'] })).toThrow(/^--pair is "a.begun"; it takes two event types/);
  });

  it('of single events are those that say how long they took', () => {
    const { operations } = reportOf([
      plain({ type: 'image.update', at: 0, context: { duration_ms: 5 } }),
      plain({ type: 'image.activate', at: 0 }),
    ]);
    expect(operations).toMatchObject([{ operation: 'image.update', ended: 1, orphaned: 0, durations: { maxMs: 5 } }]);
    expect(operations).toHaveLength(1);
  });

  it('that miss a half are open, or orphaned', () => {
    const [start] = pair('task.run', '1', 0, 1);
    const [, end] = pair('task.run', '2', 0, 5);
    const [late] = pair('task.run', '3', 100, 1);
    const { operations } = reportOf([start, end, late], { objectives: ['task.run=30s'] });
    expect(operations).toMatchObject([
      // What an end measured is known, whether its beginning is or not.
      { open: 2, openOver: 1, orphaned: 1, ended: 1, durations: { count: 1, maxMs: 5_000 } },
    ]);
  });

  it('are the same in whatever order their halves come', () => {
    const lines = Array.from({ length: 12 }, (_, index) => {
      const at = index * 2;
      const [start, end] = pair(`op.${index % 3}`, `id ${index}`, at, index + 1);
      return index % 4 === 0 ? [start] : index % 4 === 1 ? [end] : [start, end];
    }).flat();
    const openStackLines = [3, 4, 5].flatMap((at) => {
      const context = { request_id: `req-${at}` };
      return ['start', 'end'].map((part, index) =>
        openStack({ type: `compute.${part}`, at: at + index * at, context }),
      );
    });
    const all = [...lines, ...openStackLines];
    const expected = reportOf(all).operations;
    expect(expected.find(({ operation }) => operation === 'compute')).toMatchObject({
      ended: 3,
      durations: { count: 3, maxMs: 5_000 },
    });
    const shuffled = fc.shuffledSubarray(all, { minLength: all.length });
    fc.assert(
      fc.property(shuffled, (order) => {
        expect(reportOf(order).operations).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  describe('without an operation id', () => {
    const create = (part: string, at: number, more: Partial<Line> = {}) =>
      openStack({ type: `compute.instance.create.${part}`, at, ...more });
    const only = (lines: readonly string[]) => reportOf(lines).operations[0];

    it('belong together by publisher, request and resource', () => {
      const about = (request_id: string, instance_id: string) => ({
        context: { request_id },
        payload: { instance_id },
      });
      const row = only([
        create('start', 0, about('r1', 'i1')),
        create('start', 1, about('r2', 'i1')),
        create('start', 2, about('r1', 'i2')),
        create('start', 3, { ...about('r1', 'i1'), publisher: 'compute.b' }),
        create('end', 10, about('r1', 'i1')),
        create('end', 31, about('r2', 'i1')),
        create('error', 62, about('r1', 'i2')),
      ]);
      expect(row).toMatchObject({ ended: 3, errors: 1, open: 1, orphaned: 0, ambiguous: 0 });
      expect(row?.durations).toMatchObject({ count: 3, minMs: 10_000, maxMs: 60_000 });
    });

    it('find the resource of a versioned notification', () => {
      const payload = { 'nova_object.data': { uuid: 'i1' } };
      expect(only([create('start', 0, { payload }), create('end', 1, { payload })])).toMatchObject({
        ended: 1,
        ambiguous: 0,
      });
    });

    it('are ambiguous where two of the same request overlap, and no duration is made up', () => {
      const about = { context: { request_id: 'r' }, payload: { instance_id: 'i' } };
      const row = only([
        create('start', 0, about),
        create('start', 1, about),
        create('end', 5, about),
        create('end', 9, about),
      ]);
      expect(row).toMatchObject({ ambiguous: 4, open: 0, orphaned: 0 });
      expect(row?.durations).toBeUndefined();
      // One after the other they are not.
      const sequence = [
        create('start', 0, about),
        create('end', 1, about),
        create('start', 5, about),
        create('end', 9, about),
      ];
      expect(only(sequence)).toMatchObject({ ambiguous: 0, durations: { count: 2, maxMs: 4_000 } });
    });

    it('are ambiguous where nothing tells them apart', () => {
      const row = only([create('start', 0), create('end', 9)]);
      expect(row).toMatchObject({ ambiguous: 2, ended: 1 });
      expect(row?.durations).toBeUndefined();
    });

    it('are not timed by clocks that differ', () => {
      const about = { context: { request_id: 'r' } };
      const row = only([create('start', 60, about), create('end', 0, about)]);
      expect(row).toMatchObject({ ended: 1, skewed: 1, open: 0, orphaned: 0 });
      expect(row?.durations).toBeUndefined();
    });
  });

  it('have percentiles within one percent of the exact ones', () => {
    const values = fc.array(fc.double({ min: 0.001, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, (durations) => {
        const lines = durations.map((duration_ms) => plain({ type: 'a', at: 0, context: { duration_ms } }));
        const found = reportOf(lines).operations[0]?.durations;
        const sorted = durations.toSorted((a, b) => a - b);
        const exact = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] as number;
        for (const [key, q] of [
          ['medianMs', 0.5],
          ['p95Ms', 0.95],
          ['p99Ms', 0.99],
        ] as const) {
          const value = found?.[key] ?? Number.NaN;
          expect(Math.abs(value - exact(q))).toBeLessThanOrEqual(exact(q) * 0.0101 + 0.001);
        }
        expect(Math.abs((found?.maxMs ?? 0) - (sorted.at(-1) as number))).toBeLessThanOrEqual(0.001);
      }),
      { numRuns: 100 },
    );
  });

  it('keep objectives, or not', () => {
    const lines = [1, 2, 3, 4].flatMap((seconds) => pair('task.run', `${seconds}`, 0, seconds));
    const { objectives } = reportOf(lines, { objectives: ['task.run=2s', 'task.*=10s', 'image.send=1s'] });
    expect(objectives).toEqual([
      {
        objective: 'task.run=2s',
        operation: 'task.run',
        limitMs: 2_000,
        checked: 4,
        violations: 2,
        violationRate: 0.5,
        worstMs: 4_000,
      },
      {
        objective: 'task.*=10s',
        operation: 'task.run',
        limitMs: 10_000,
        checked: 4,
        violations: 0,
        violationRate: 0,
        worstMs: 4_000,
      },
      {
        objective: 'image.send=1s',
        operation: 'image.send',
        limitMs: 1_000,
        checked: 0,
        violations: 0,
        violationRate: 0,
        worstMs: undefined,
      },
    ]);
    expect(() => reportOf([], { objectives: ['task.run'] })).toThrow(/^--sla is "task.run"; it takes/);
    expect(() => reportOf([], { objectives: ['task.run=quick'] })).toThrow(/^--sla is "quick"/);
  });

  it('list the slowest, the slowest first, with their ids', () => {
    const more = { context: { request_id: 'req-1', user_id: 'alice', project_id: 'p' } };
    const lines = [3, 1, 4, 2].flatMap((seconds) => pair('task.run', `op-${seconds}`, 0, seconds, more));
    const { slowest } = reportOf(lines, { top: 2 });
    expect(slowest.map(({ durationMs }) => durationMs)).toEqual([4_000, 3_000]);
    expect(slowest[0]).toEqual({
      operation: 'task.run',
      durationMs: 4_000,
      isError: false,
      endedAt: '2026-03-01T00:00:04.000Z',
      publisherId: 'image.a',
      operationId: 'op-4',
      requestId: 'req-1',
      userId: 'alice',
      projectId: 'p',
    });
  });
});

describe('what plots are made of', () => {
  it('has the calls inside of the slowest operations', () => {
    const inside = (parent: string) => ({ context: { parent_operation_id: parent } });
    const lines = [
      ...pair('store.write', 'c', 2, 1, inside('b')),
      ...pair('image.import', 'b', 1, 3, inside('a')),
      ...pair('image.check', 'd', 5, 1, inside('a')),
      ...pair('task.run', 'a', 0, 8),
      ...pair('task.wait', 'e', 0, 100),
    ];
    const [timeline, alone] = reportOf(lines, { plots: true }).plots?.timelines ?? [];
    expect(timeline).toMatchObject({
      operationId: 'a',
      offsetMs: 0,
      durationMs: 8_000,
      children: [
        { operationId: 'b', offsetMs: 1_000, children: [{ operationId: 'c', offsetMs: 2_000, children: [] }] },
        { operationId: 'd', offsetMs: 5_000 },
      ],
    });
    expect(alone).toMatchObject({ operationId: 'e', children: [] });
  });

  it('does not follow calls that call each other in a ring', () => {
    const parent = (parent_operation_id: string) => ({ context: { parent_operation_id } });
    const lines = [
      ...pair('a', '1', 0, 1, parent('2')),
      ...pair('b', '2', 0, 1, parent('1')),
      ...pair('c', '3', 0, 1, parent('3')),
    ];
    expect(reportOf(lines, { plots: true }).plots?.timelines).toEqual([]);
  });

  it('counts over any time in at most 128 pieces, in any order, and loses none', () => {
    const times = fc.array(fc.integer({ min: 0, max: 3e8 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, (all) => {
        const lines = all.map((at) => plain({ type: 'a', at: at / 1_000, context: { duration_ms: 1 } }));
        const plots = reportOf(lines, { plots: true }).plots;
        for (const series of [plots?.events, plots?.operations[0]?.series]) {
          expect(series?.points.length).toBeLessThanOrEqual(128);
          expect(series?.points.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
          const from = series?.points.map((point) => point.from) ?? [];
          expect(from).toEqual(from.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('whatever a line is', () => {
  it('reading it never throws, and the counts add up', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .record({
          event_type: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a.start', 'a.end', 'x'.repeat(5_000))),
          timestamp: fc.oneof(
            fc.string(),
            fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          ),
          priority: fc.constantFrom('INFO', 'ERROR', 'LOUD', 5),
          message_id: fc.oneof(fc.string(), fc.constant(undefined), fc.integer()),
          publisher_id: fc.oneof(fc.string(), fc.constant(null)),
          payload: fc.jsonValue(),
          context: fc.oneof(
            fc.jsonValue(),
            fc.record({
              operation_id: fc.jsonValue(),
              duration_ms: fc.oneof(fc.double(), fc.jsonValue()),
              user_id: fc.jsonValue(),
            }),
          ),
        })
        .map((fields) => JSON.stringify(fields)),
    );
    fc.assert(
      fc.property(fc.array(hostile), (lines) => {
        const { input } = reportOf(lines, { plots: true, by: 'user', objectives: ['*=1s'] });
        expect(input.lines).toBe(lines.length);
        expect(input.notifications + input.duplicates + input.outside + input.malformed).toBe(lines.length);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps no more in memory than it says it does', () => {
    const builder = new ReportBuilder({ by: 'user', plots: true });
    for (let index = 0; index < 30_000; index += 1) {
      const context = { operation_id: `${index}`, user_id: `user ${index}` };
      builder.line(plain({ type: `type-${index}.start`, at: index, context }), 'log', index);
    }
    const report = builder.report();
    expect(report.events.length).toBeLessThanOrEqual(4_097);
    expect(report.operations.length).toBeLessThanOrEqual(2_049);
    expect(report.events.reduce((sum, { count }) => sum + count, 0)).toBe(30_000);
    expect(report.notes.join('\n')).toMatch(
      /over 4096 event types.*over 2048 operations|over 2048 operations.*over 4096 event types/s,
    );
    expect(report.notes.join('\n')).toContain('groups');
    expect(report.notes.join('\n')).toContain('users');
  });
});
