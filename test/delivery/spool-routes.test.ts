import { expect, it } from 'vitest';
import { withStartEnd } from '../../src/index.js';
import { configureNotifications } from '../../src/setup/current-notifier.js';
import { accountOf } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { deadDriver, SpoolProcess, spooled, spoolFolder } from '../support/spool.js';

const routes = (images: ScriptedDriver, tasks: ScriptedDriver) => [
  { events: 'image.*', drivers: [images] },
  { events: 'task.*', drivers: [tasks] },
];

it('what was routed to one driver is written down for that one, and recovered by that one', async () => {
  const folder = spoolFolder();
  const [images, tasks] = [deadDriver('images'), deadDriver('tasks')];
  const { notifier } = spooled(folder, [], { routes: routes(images, tasks) });
  const receipts = ['image.create', 'task.run', 'image.delete'].map((type) => notifier.info(type));
  for (const receipt of receipts) expect(await receipt.durable()).toMatchObject({ status: 'durable' });
  expect([accountOf(notifier, 'images').onDisk, accountOf(notifier, 'tasks').onDisk]).toEqual([2, 1]);
  expect(await notifier.close({ timeoutMs: 10 })).toMatchObject({ undelivered: 3, leftInSpool: 3 });

  const [nextImages, nextTasks] = [new ScriptedDriver({ name: 'images' }), new ScriptedDriver({ name: 'tasks' })];
  const { notifier: next } = spooled(folder, [], { routes: routes(nextImages, nextTasks) });
  await next.flush();
  expect([nextImages.delivered, nextTasks.delivered]).toEqual([['image.create', 'image.delete'], ['task.run']]);
  expect(accountOf(next, 'images')).toMatchObject({ recovered: 2, delivered: 2 });
});

it('a queue that is full spills only what is its own, and what is taken back leaves every book', async () => {
  const [images, tasks] = [deadDriver('images'), new ScriptedDriver({ name: 'tasks' })];
  const { notifier } = spooled(spoolFolder(), [], { routes: routes(images, tasks), queueMessages: 2 });
  for (let n = 0; n < 20; n += 1) notifier.info(n % 2 === 0 ? 'image.create' : 'task.run');
  const taken = notifier.info('image.delete');
  notifier.retract(taken);
  while (tasks.delivered.length < 10) await new Promise(setImmediate);
  expect(accountOf(notifier, 'tasks')).toMatchObject({ accepted: 10, delivered: 10, waiting: 0 });
  expect(accountOf(notifier, 'images')).toMatchObject({ accepted: 10, waiting: 10 });
});

it('the error of an operation that a dead process left goes where errors of its type go', async () => {
  const folder = spoolFolder();
  const child = new SpoolProcess(
    folder,
    '',
    `const routes = [
       { events: '*.start', drivers: [{ ...dead, name: 'starts' }] },
       { priorities: 'ERROR', drivers: [{ ...dead, name: 'errors' }] },
     ];
     const n = createNotifier({ ...options(dead), drivers: [], routes });
     const start = n.info('task.run.start');
     n.openOperation(start, 'task.run.error');
     await start.durable();
     await n.info('other.start').durable();
     say({ written: true });
     setInterval(() => {}, 1000);`,
  );
  await child.until('written');
  await child.kill();
  const [starts, errors] = [new ScriptedDriver({ name: 'starts' }), new ScriptedDriver({ name: 'errors' })];
  const { notifier } = spooled(folder, [starts, errors]);
  await notifier.flush();
  expect([starts.delivered, errors.delivered]).toEqual([['task.run.start', 'other.start'], ['task.run.error']]);
});

it('an operation whose error no route takes is not remembered', async () => {
  const routes = [{ events: '*.start', drivers: [new ScriptedDriver({ name: 'starts' })] }];
  const { notifier } = spooled(spoolFolder(), [], { routes });
  expect(notifier.openOperation(notifier.info('task.run.start'), 'task.run.error')).toBeUndefined();
});

it('a pair whose halves go to different drivers reaches both', async () => {
  const [starts, ends] = [new ScriptedDriver({ name: 'starts' }), new ScriptedDriver({ name: 'ends' })];
  const notifier = configureNotifications({
    routes: [
      { events: '*.start', drivers: [starts] },
      { events: '*.end', drivers: [ends] },
    ],
  });
  withStartEnd('task.run', () => 1)();
  await notifier.close();
  expect([starts.delivered, ends.delivered]).toEqual([['task.run.start'], ['task.run.end']]);
});
