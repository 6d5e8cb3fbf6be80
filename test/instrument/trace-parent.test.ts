import { context, INVALID_SPAN_CONTEXT, type Span, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyAbout, withNotificationContext, withNotifies, withStartEnd } from '../../src/index.js';
import { Operation } from '../../src/notification/operation.js';
import { record } from '../support/recorded.js';

const tracer = (sampler: AlwaysOnSampler | AlwaysOffSampler) =>
  new BasicTracerProvider({ sampler }).getTracer('tidings');
const sampled = tracer(new AlwaysOnSampler());
const unsampled = tracer(new AlwaysOffSampler());

/** Runs `fn` with a span of these ids as the ambient one. */
const inSpanOf = <R>(ids: SpanContext, fn: () => R): R =>
  context.with(trace.setSpan(context.active(), trace.wrapSpanContext(ids)), fn);

const headerOf = (span: Span, flags: string) =>
  `00-${span.spanContext().traceId}-${span.spanContext().spanId}-${flags}`;

const fails = () => {
  throw new Error('no ids today');
};

/** The `traceparent` of everything told while `fn` ran. */
async function traceParents(fn: () => unknown): Promise<unknown[]> {
  const { told } = record();
  await fn();
  return (await told()).map(({ context: { traceparent } }) => traceparent);
}

it('there is no traceparent where OpenTelemetry is installed and not set up', async () => {
  expect(await traceParents(() => withNotifies('image.get', () => notifyAbout('image.inside'))())).toEqual([
    undefined,
    undefined,
  ]);
});

describe('an ambient OpenTelemetry span', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterAll(() => context.disable());

  it.each([
    ['sampled', sampled, '01'],
    ['not sampled', unsampled, '00'],
  ])('that is %s gives its ids and flags', async (_, tracer, flags) => {
    let header = '';
    const told = await traceParents(() =>
      tracer.startActiveSpan('request', async (span) => {
        header = headerOf(span, flags);
        notifyAbout('image.plain');
        withNotifies('image.sync', () => 1)();
        await withStartEnd('image.async', async () => new Promise((resolve) => setTimeout(resolve, 1)))();
        span.end();
      }),
    );
    expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    expect(told).toEqual(Array(4).fill(header));
  });

  it('is there in a notification that belongs to no operation, and gone outside of the span', async () => {
    const told = await traceParents(() => {
      sampled.startActiveSpan('request', (span) => {
        notifyAbout('image.in');
        span.end();
      });
      notifyAbout('image.out');
    });
    expect(told).toEqual([expect.stringMatching(/-01$/), undefined]);
  });

  it('around a call is the one of its start and end; one inside is that of what is told there', async () => {
    let [outer, inner] = ['', ''];
    const told = await traceParents(() =>
      sampled.startActiveSpan('request', (request) => {
        outer = headerOf(request, '01');
        return withStartEnd('task.run', async () => {
          await sampled.startActiveSpan('step', async (step) => {
            inner = headerOf(step, '01');
            await Promise.resolve();
            notifyAbout('task.progress');
            withNotifies('task.step', () => 1)();
          });
        })();
      }),
    );
    expect(inner.slice(0, 35)).toBe(outer.slice(0, 35));
    expect(told).toEqual([outer, inner, inner, outer]);
  });

  it('is taken when the operation begins, whatever is active when it ends', async () => {
    const { notifier, told } = record();
    const operation = sampled.startActiveSpan('request', () => new Operation(undefined));
    sampled.startActiveSpan('other', () => notifier.tell('task.end', 'INFO', {}, undefined, undefined, operation, 1));
    notifier.tell('task.end', 'INFO', {}, undefined, undefined, operation, 1);
    const [first, second] = await told();
    expect(first?.context.traceparent).toBe(`00-${operation.span?.traceId}-${operation.span?.spanId}-01`);
    expect(second?.context.traceparent).toBe(first?.context.traceparent);
  });

  it('around the call stays that of a generator that is consumed in another', async () => {
    let header = '';
    const told = await traceParents(() => {
      const ids = withStartEnd('image.list', function* () {
        yield 'i1';
      });
      const list = sampled.startActiveSpan('request', (span) => {
        header = headerOf(span, '01');
        return ids();
      });
      sampled.startActiveSpan('other', () => expect([...list]).toEqual(['i1']));
    });
    expect(told).toEqual([header, header]);
  });

  it('is nearer than a traceparent in the context, but not than one that is given with the notification', async () => {
    const header = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const told = await traceParents(() =>
      withNotificationContext({ traceparent: header }, () => {
        notifyAbout('image.context');
        sampled.startActiveSpan('request', () => {
          notifyAbout('image.ambient');
          notifyAbout('image.given', {}, { context: { traceparent: header } });
        });
      }),
    );
    expect(told).toEqual([header, expect.stringMatching(/-01$/), header]);
    expect(told[1]).not.toBe(header);
  });

  const VALID: SpanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };

  it.each<[string, SpanContext]>([
    ['no ids', INVALID_SPAN_CONTEXT],
    ['a trace id of zeros', { ...VALID, traceId: '0'.repeat(32) }],
    ['a span id of zeros', { ...VALID, spanId: '0'.repeat(16) }],
    ['a short id', { ...VALID, spanId: 'b'.repeat(15) }],
    ['upper case', { ...VALID, traceId: 'A'.repeat(32) }],
    ['a line break', { ...VALID, traceId: `${'a'.repeat(32)}\n` }],
    ['ids that are no texts', { ...VALID, spanId: undefined as never }],
  ])('with %s gives none', async (_, ids) => {
    expect(await traceParents(() => inSpanOf(ids, () => notifyAbout('image.get')))).toEqual([undefined]);
  });

  it('with flags of a later version of the standard passes them on, as two digits', async () => {
    const flagged = (traceFlags: number) => inSpanOf({ ...VALID, traceFlags }, () => notifyAbout('image.get'));
    const told = await traceParents(() => [0x03, 0xff, 0x101].map(flagged));
    expect(told.map((header) => String(header).slice(-3))).toEqual(['-03', '-ff', '-01']);
  });

  it.each<[string, () => unknown]>([
    ['throws when it is asked for its ids', fails],
    ['has ids that throw when they are read', () => Object.defineProperty({ ...VALID }, 'spanId', { get: fails })],
  ])('that %s harms nobody', async (_, spanContext) => {
    const told = await traceParents(() => {
      const broken = trace.setSpan(context.active(), { spanContext } as unknown as Span);
      expect(context.with(broken, () => withNotifies('image.get', () => 7)())).toBe(7);
    });
    expect(told).toEqual([undefined]);
  });
});
