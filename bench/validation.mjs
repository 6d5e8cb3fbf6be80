// What checking payloads costs: emitting with validation on beside validation off, on the caller's stack and in all until
// it is delivered; and the check alone, beside class-validator's own. In one process and in turns, so that a noisy machine
// is noisy for all.
import { validateSync } from 'class-validator';
import { createNotifier } from 'tidings';
import { glance, ImagePayload } from 'tidings/glance';
import { image as anImage } from './support/message.mjs';

const ROUNDS = 60;
const WARM_UP_ROUNDS = 15;
const CALLS = 2_000;

const image = anImage(0);
const driver = () => ({ name: 'accepts', batchSize: 100, deliver: async () => {} });
const reporter = { warn() {}, info() {} };
const QUEUE = { queueMessages: 1_000_000, queueBytes: 2 ** 40, reporter };
const notifiers = {
  'no catalog': createNotifier({ drivers: [driver()], ...QUEUE }),
  'validation: off': createNotifier({ drivers: [driver()], catalogs: [glance], validation: 'off', ...QUEUE }),
  'validation: warn': createNotifier({ drivers: [driver()], catalogs: [glance], validation: 'warn', ...QUEUE }),
};
const rules = glance.find('image.update');
const instance = Object.assign(Object.create(ImagePayload.prototype), image);
const checks = {
  'the check of a catalog': () => rules.check(image, 'INFO'),
  'validateSync of class-validator': () => validateSync(instance),
};

const samples = new Map();
const note = (name, nanoseconds, round) => {
  if (!samples.has(name)) samples.set(name, []);
  if (round >= WARM_UP_ROUNDS) samples.get(name).push(nanoseconds / CALLS);
};
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, notifier] of Object.entries(notifiers)) {
    await new Promise((resolve) => setImmediate(resolve));
    const began = process.hrtime.bigint();
    for (let n = 0; n < CALLS; n += 1) notifier.info('image.update', image);
    const told = process.hrtime.bigint();
    await notifier.flush();
    note(`${name}, caller`, Number(told - began), round);
    note(`${name}, in all`, Number(process.hrtime.bigint() - began), round);
  }
  for (const [name, check] of Object.entries(checks)) {
    const began = process.hrtime.bigint();
    for (let n = 0; n < CALLS; n += 1) check();
    note(name, Number(process.hrtime.bigint() - began), round);
  }
}
for (const notifier of Object.values(notifiers)) await notifier.close();

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const nanoseconds = Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]));
console.table(
  Object.fromEntries(Object.entries(nanoseconds).map(([name, value]) => [name, { 'ns each': Math.round(value) }])),
);
const ratio = (name, peer, goal) =>
  console.log(`${name} / ${peer}: ${(nanoseconds[name] / nanoseconds[peer]).toFixed(2)} (goal: at most ${goal})`);
ratio('validation: warn, caller', 'no catalog, caller', 1.1);
ratio('validation: warn, in all', 'no catalog, in all', 2);
ratio('the check of a catalog', 'validateSync of class-validator', 0.5);
