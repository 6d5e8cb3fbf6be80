// Notifications per second with confirms: tidings beside a publisher written by hand on amqplib and two client libraries
// that reconnect as tidings does. All build and encode the same message and keep as many unconfirmed; in one process and
// in turns, so that a noisy machine is noisy for all.
import amqpConnectionManager from 'amqp-connection-manager';
import amqplib from 'amqplib';
import { Connection } from 'rabbitmq-client';
import { createNotifier } from 'tidings';
import { startBroker } from './support/broker.mjs';
import { byHand, image } from './support/message.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);
const WARM_UP_ROUNDS = 2;
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 10_000);
const WINDOW = 1_000;
const EXCHANGE = 'bench';
const OPTIONS = {
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  deliveryMode: 2,
  priority: 0,
  headers: {},
  mandatory: true,
};
const TOPICS = {
  'broker-bound (durable queue)': { topic: 'durable', queue: { durable: true }, goal: 0.95 },
  'client-bound (transient queue of length 1)': {
    topic: 'transient',
    queue: { durable: false, arguments: { 'x-max-length': 1 } },
    goal: 0.8,
  },
};

/** Calls `send(n, done)` for each n, at most WINDOW of them not done. */
function inWindow(count, send) {
  return new Promise((resolve, reject) => {
    let [sent, done] = [0, 0];
    const onDone = (error) => {
      if (error) reject(error);
      done += 1;
      if (done === count) resolve();
      else pump();
    };
    const pump = () => {
      while (sent < count && sent - done < WINDOW) send(sent++, onDone);
    };
    pump();
  });
}

async function contestants(url) {
  const model = await amqplib.connect(url);
  const channel = await model.createConfirmChannel();
  const manager = amqpConnectionManager.connect([url]);
  const managed = manager.createChannel();
  await managed.waitForConnect();
  const client = new Connection(url);
  const publisher = client.createPublisher({ confirm: true });
  await client.onConnect();
  const notifiers = new Map();
  const notifierOf = (topic) => {
    if (!notifiers.has(topic)) {
      const drivers = [{ name: 'rabbit', url, exchange: EXCHANGE, declare: 'none', window: WINDOW }];
      notifiers.set(
        topic,
        createNotifier({ drivers, topics: topic, publisherId: 'bench.host', queueMessages: 1_000_000 }),
      );
    }
    return notifiers.get(topic);
  };
  return {
    tidings: async (topic) => {
      const notifier = notifierOf(topic);
      const receipts = [];
      for (let n = 0; n < MESSAGES; n += 1) {
        receipts.push(notifier.info('image.update', image(n)));
        // Told no faster than delivered, as with the others; enough ahead that the driver's own window is always full.
        if (n % 100 === 99) await receipts[n - 3 * WINDOW]?.delivered();
      }
      const { drained } = await notifier.flush();
      if (!drained) throw new Error('tidings did not deliver');
    },
    'amqplib by hand': (topic) =>
      inWindow(MESSAGES, (n, done) => {
        const { messageId, body } = byHand(topic, 'image.update', image(n));
        channel.publish(EXCHANGE, `${topic}.info`, body, { ...OPTIONS, messageId }, done);
      }),
    'amqp-connection-manager': (topic) =>
      inWindow(MESSAGES, (n, done) => {
        const { messageId, body } = byHand(topic, 'image.update', image(n));
        managed.publish(EXCHANGE, `${topic}.info`, body, { ...OPTIONS, messageId }).then(() => done(), done);
      }),
    'rabbitmq-client': (topic) =>
      inWindow(MESSAGES, (n, done) => {
        const { messageId, body } = byHand(topic, 'image.update', image(n));
        const { deliveryMode, ...options } = OPTIONS;
        const envelope = { ...options, durable: deliveryMode === 2, exchange: EXCHANGE, messageId };
        publisher.send({ ...envelope, routingKey: `${topic}.info` }, body).then(() => done(), done);
      }),
    async close() {
      for (const notifier of notifiers.values()) await notifier.close();
      await publisher.close();
      await client.close();
      await manager.close();
      await model.close();
    },
  };
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

const broker = await startBroker();
try {
  const admin = await amqplib.connect(broker.url);
  const channel = await admin.createChannel();
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
  for (const { topic, queue } of Object.values(TOPICS)) {
    await channel.deleteQueue(`bench.${topic}`);
    await channel.assertQueue(`bench.${topic}`, queue);
    await channel.bindQueue(`bench.${topic}`, EXCHANGE, `${topic}.info`);
  }
  const { close, ...all } = await contestants(broker.url);
  for (const [bound, { topic, goal }] of Object.entries(TOPICS)) {
    const names = Object.keys(all);
    const rates = new Map(names.map((name) => [name, []]));
    for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
      // Nobody is always the first, or always behind the same one.
      const order = names.map((_, index) => names[(index + round) % names.length]);
      for (const name of round % 2 === 0 ? order : order.reverse()) {
        await channel.purgeQueue(`bench.${topic}`);
        const begun = performance.now();
        await all[name](topic);
        if (round >= WARM_UP_ROUNDS) rates.get(name).push((MESSAGES / (performance.now() - begun)) * 1_000);
      }
    }
    const of = (name) => median(rates.get(name));
    console.log(`\n${bound}: ${MESSAGES} messages a round, ${ROUNDS} rounds, window ${WINDOW}`);
    console.table(
      Object.fromEntries(
        names.map((name) => [
          name,
          {
            'messages/s': Math.round(of(name)),
            slowest: Math.round(Math.min(...rates.get(name))),
            fastest: Math.round(Math.max(...rates.get(name))),
          },
        ]),
      ),
    );
    // In each round the same machine: the ratio of a round is steadier than the ratio of the medians.
    const ratio = (name) => median(rates.get('tidings').map((rate, round) => rate / rates.get(name)[round]));
    console.log(`tidings / amqplib by hand: ${ratio('amqplib by hand').toFixed(2)} (goal: at least ${goal})`);
    for (const name of ['amqp-connection-manager', 'rabbitmq-client']) {
      console.log(`tidings / ${name}: ${ratio(name).toFixed(2)} (goal: over 1)`);
    }
  }
  await close();
  await admin.close();
} finally {
  broker.stop();
}
