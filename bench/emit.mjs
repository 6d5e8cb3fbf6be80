// What telling costs per call, on the caller's stack, beside what services use for the like: in one process, in turns,
// so that a noisy machine is noisy for all. Overheads are over the bare method.
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import eventemitter2 from 'eventemitter2';
import { configureNotifications, withNotifies, withStartEnd } from 'tidings';
import { image as anImage } from './support/message.mjs';

const ROUNDS = 200;
/** Calls in a row before the event loop turns, as in a busy service; what runs in between is not on the caller's stack. */
const CALLS = 500;
/** What queues nothing is too quick for so few. */
const MANY_CALLS = 10_000;
const WARM_UP_ROUNDS = 60;

const image = anImage(0);
const bare = (n) => n + 1;

/** A driver that only accepts. */
const accepts = { name: 'accepts', batchSize: 100, deliver: async () => {} };
const QUEUE = { queueMessages: 10_000_000, queueBytes: 2 ** 40 };

const noSdk = trace.getTracer('without-sdk');
const provider = new BasicTracerProvider({
  spanProcessors: [
    new BatchSpanProcessor(
      { export: (_, done) => done({ code: 0 }), shutdown: async () => {} },
      { maxQueueSize: 2 ** 30 },
    ),
  ],
});
const withSdk = provider.getTracer('with-sdk');
const emitter = new eventemitter2.EventEmitter2();
emitter.on('image.update', () => {});

const spanned = (tracer) => (n) => {
  const span = tracer.startSpan('image.update');
  span.setAttribute('id', image.id);
  span.setAttribute('status', image.status);
  span.setAttribute('owner', image.owner);
  span.setAttribute('size', image.size);
  span.setAttribute('name', image.name);
  try {
    return bare(n);
  } finally {
    span.end();
  }
};

const emits = (n) => {
  emitter.emit('image.update', image);
  return bare(n);
};

const payload = () => image;
let notifier;
const configure = async (options) => {
  await notifier?.close();
  notifier = configureNotifications({ reporter: { warn() {}, info() {} }, ...options });
};
const ROUTES = [
  { events: ['image.*', '!image.send'], priorities: 'INFO', drivers: [accepts] },
  { priorities: ['ERROR', 'CRITICAL'], drivers: [{ ...accepts, name: 'alarms' }] },
  { events: 'task.*', drivers: [{ ...accepts, name: 'tasks' }] },
];
const enabled = () => configure({ drivers: [accepts], ...QUEUE });

const cases = {
  'bare method': { fn: bare },
  'tidings: disabled': {
    fn: withNotifies('image.update', bare, { payload }),
    before: () => configure({ drivers: [accepts], disabledNotifications: ['image'] }),
  },
  'tidings: noop': {
    fn: withNotifies('image.update', bare, { payload }),
    before: () => configure({ drivers: ['noop'] }),
  },
  'tidings: @Notifies': { fn: withNotifies('image.update', bare, { payload }), before: enabled, queues: true },
  'tidings: @Notifies, routed': {
    fn: withNotifies('image.update', bare, { payload }),
    before: () => configure({ routes: ROUTES, ...QUEUE }),
    queues: true,
  },
  'tidings: @StartEnd': { fn: withStartEnd('image.update', bare, { payload }), before: enabled, queues: true },
  'span without SDK': { fn: spanned(noSdk) },
  'batch span, 5 attributes': { fn: spanned(withSdk), queues: true },
  'EventEmitter2 emit': { fn: emits },
};

const samples = new Map(Object.keys(cases).map((name) => [name, []]));
let sink = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, { fn, before, queues }] of Object.entries(cases)) {
    const calls = queues ? CALLS : MANY_CALLS;
    await before?.();
    await new Promise((resolve) => setImmediate(resolve));
    const began = process.hrtime.bigint();
    for (let n = 0; n < calls; n += 1) sink += fn(n);
    const nanoseconds = Number(process.hrtime.bigint() - began) / calls;
    if (round >= WARM_UP_ROUNDS) samples.get(name).push(nanoseconds);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
await notifier.close();

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const nanoseconds = Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]));
const over = (name) => nanoseconds[name] - nanoseconds['bare method'];
console.table(
  Object.fromEntries(
    Object.keys(cases).map((name) => [
      name,
      { 'ns per call': Math.round(nanoseconds[name]), 'ns over bare': Math.round(over(name)) },
    ]),
  ),
);
const ratio = (name, peer, goal) =>
  console.log(`${name} / ${peer}: ${(over(name) / over(peer)).toFixed(2)} (goal: at most ${goal})`);
ratio('tidings: disabled', 'span without SDK', 0.3);
ratio('tidings: @Notifies', 'batch span, 5 attributes', 0.5);
ratio('tidings: @StartEnd', 'batch span, 5 attributes', 1);
process.exitCode = Number.isFinite(sink) ? 0 : 1;
