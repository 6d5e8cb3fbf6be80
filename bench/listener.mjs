// Messages per second: tidings' listener beside a bare amqplib consumer that parses and acknowledges the same, and the
// forwarder, from one queue to another, beside a bare consumer that publishes each message again and acknowledges it when
// that is confirmed. In one process and in turns, so that a noisy machine is noisy for all.
import { setTimeout as delay } from 'node:timers/promises';
import amqplib from 'amqplib';
import { createForwarder } from 'tidings/forwarder';
import { createListener } from 'tidings/listener';
import { startBroker } from './support/broker.mjs';
import { byHand, image } from './support/message.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const WARM_UP_ROUNDS = 2;
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 10_000);
const PREFETCH = 200;
const EXCHANGE = 'bench';
const TOPIC = 'listened';
const TOPICS = [TOPIC, `${TOPIC}-copy`];

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

/** Every message is in the queue before anybody consumes: what is measured is consuming. */
async function fill(channel, topic) {
  for (let n = 0; n < MESSAGES; n += 1) {
    const { body } = byHand(topic, 'image.update', image(n));
    const options = { contentType: 'application/json', contentEncoding: 'utf-8', deliveryMode: 2, headers: {} };
    channel.publish(EXCHANGE, `${topic}.info`, body, options);
  }
  await channel.waitForConfirms();
}

/** Both have seen every payload once. */
function check(bytes) {
  if (bytes !== MESSAGES * 300_000 + (MESSAGES * (MESSAGES - 1)) / 2) throw new Error('the benchmark is wrong');
}

async function bare(url, topic) {
  const model = await amqplib.connect(url, { noDelay: true });
  const channel = await model.createChannel();
  await channel.prefetch(PREFETCH);
  let [handled, bytes, begun] = [0, 0, 0];
  await new Promise((resolve) => {
    channel.consume(`tidings.${topic}.info`, (message) => {
      if (begun === 0) begun = performance.now();
      const inner = JSON.parse(JSON.parse(message.content.toString())['oslo.message']);
      bytes += inner.payload.size;
      channel.ack(message);
      handled += 1;
      if (handled === MESSAGES) resolve();
    });
  });
  const took = performance.now() - begun;
  await channel.close();
  await model.close();
  check(bytes);
  return took;
}

async function listen(url, topic) {
  const options = { url, exchange: EXCHANGE, topics: topic, prefetch: PREFETCH, retryDelays: [] };
  const listener = createListener(options);
  let [handled, bytes, begun] = [0, 0, 0];
  let finished;
  const done = new Promise((resolve) => {
    finished = resolve;
  });
  listener.on(
    'image.*',
    ({ payload }) => {
      if (begun === 0) begun = performance.now();
      bytes += payload.size;
      handled += 1;
      if (handled === MESSAGES) finished();
    },
    { priority: 'INFO' },
  );
  await listener.start();
  await done;
  const took = performance.now() - begun;
  await listener.stop();
  check(bytes);
  return took;
}

/** Parses, writes anew, publishes and acknowledges when that is confirmed. */
async function copyByHand(url, topic) {
  const model = await amqplib.connect(url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  await channel.prefetch(PREFETCH);
  let [copied, begun] = [0, 0];
  await new Promise((resolve) => {
    channel.consume(`tidings.${topic}.info`, (message) => {
      if (begun === 0) begun = performance.now();
      const inner = JSON.parse(JSON.parse(message.content.toString())['oslo.message']);
      const body = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(inner) });
      const options = { contentType: 'application/json', deliveryMode: 2, headers: {}, mandatory: true };
      channel.publish(EXCHANGE, `${topic}-copy.info`, Buffer.from(body), options, () => {
        channel.ack(message);
        copied += 1;
        if (copied === MESSAGES) resolve();
      });
    });
  });
  const took = performance.now() - begun;
  await channel.close();
  await model.close();
  return took;
}

async function forward(url, topic) {
  const forwarder = await createForwarder({
    sources: [{ source: 'rabbit', url, exchange: EXCHANGE, topics: topic, prefetch: PREFETCH, retryDelays: [] }],
    sinks: [{ driver: 'rabbit', url, exchange: EXCHANGE, topics: `${topic}-copy` }],
  });
  const stats = () => forwarder.stats().sources.rabbit;
  await forwarder.start();
  const begun = performance.now();
  while (stats().forwarded < MESSAGES) await delay(1);
  const took = performance.now() - begun;
  await forwarder.stop();
  return took;
}

/** Both in turns; the ratio of a round is steadier than the ratio of the medians. */
async function compare(title, url, channel, contestants, goal) {
  const names = Object.keys(contestants);
  const rates = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      for (const topic of TOPICS) await channel.purgeQueue(`tidings.${topic}.info`);
      await fill(channel, TOPIC);
      const took = await contestants[name](url, TOPIC);
      if (round >= WARM_UP_ROUNDS) rates.get(name).push((MESSAGES / took) * 1_000);
    }
  }
  console.log(`\n${title}: ${MESSAGES} messages a round, ${ROUNDS} rounds, prefetch ${PREFETCH}`);
  console.table(Object.fromEntries(names.map((name) => [name, { 'messages/s': Math.round(median(rates.get(name))) }])));
  const [ours, theirs] = names.map((name) => rates.get(name));
  const ratio = median(ours.map((rate, round) => rate / theirs[round]));
  console.log(`tidings / by hand: ${ratio.toFixed(2)}${goal === undefined ? '' : ` (goal: at least ${goal})`}`);
}

const broker = await startBroker();
try {
  const admin = await amqplib.connect(broker.url);
  const channel = await admin.createConfirmChannel();
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
  for (const topic of TOPICS) {
    await channel.assertQueue(`tidings.${topic}.info`, { durable: true });
    await channel.bindQueue(`tidings.${topic}.info`, EXCHANGE, `${topic}.info`);
  }
  await compare('handled', broker.url, channel, { 'tidings listener': listen, 'amqplib by hand': bare }, 0.85);
  await compare('from queue to queue', broker.url, channel, { 'tidings forwarder': forward, 'by hand': copyByHand });
  await admin.close();
} finally {
  broker.stop();
}
