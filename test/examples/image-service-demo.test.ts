import { beforeAll, describe, expect, it } from 'vitest';
import { type Logged, runDemo } from './image-service-process.js';

const PAIRS = [
  ['task.run.start', 'task.run.end'],
  ['image.prepare', 'image.upload'],
] as const;

function ofType(notifications: readonly Logged[], eventType: string): Logged[] {
  return notifications.filter((notification) => notification.event_type === eventType);
}

describe('npm run demo', () => {
  let demo: Awaited<ReturnType<typeof runDemo>>;

  beforeAll(async () => {
    demo = await runDemo();
  }, 60_000);

  it('exits with 0 and has nothing to complain about', () => {
    expect(demo.stderr).toBe('');
    expect(demo.code).toBe(0);
  });

  it('shows every event of an image and of a task', () => {
    const eventTypes = new Set(demo.notifications.map(({ event_type }) => event_type));
    expect([...eventTypes].sort()).toEqual([
      'image.activate',
      'image.create',
      'image.delete',
      'image.member.create',
      'image.member.delete',
      'image.member.update',
      'image.prepare',
      'image.send',
      'image.update',
      'image.upload',
      'task.create',
      'task.failure',
      'task.processing',
      'task.run.end',
      'task.run.start',
      'task.success',
    ]);
  });

  it('tells one error, from the catch block, and none for wrong requests', () => {
    const errors = demo.notifications.filter(({ priority }) => priority === 'ERROR');
    expect(errors).toMatchObject([
      { event_type: 'image.upload', payload: expect.stringContaining('the image store failed') },
    ]);
  });

  it.each(PAIRS)('%s and %s share an operation id', (start, end) => {
    const starts = ofType(demo.notifications, start);
    expect(starts.length).toBeGreaterThan(0);
    for (const { context } of starts) {
      const ends = ofType(demo.notifications, end).filter((it) => it.context.operation_id === context.operation_id);
      expect(context.operation_id).toEqual(expect.any(String));
      expect(ends).toHaveLength(1);
    }
  });

  it('times the pairs', () => {
    for (const { context } of ofType(demo.notifications, 'task.run.end')) {
      expect(context.duration_ms).toEqual(expect.any(Number));
    }
    expect(demo.stdout).toMatch(/^task\.run\.end +2 +0 +[\d.]+ ms +[\d.]+ ms$/m);
    expect(demo.stdout).toMatch(/^image\.upload +4 +1 +[\d.]+ ms +[\d.]+ ms$/m);
  });

  it('says whose request it was, also of what runs in the background', () => {
    const [run] = ofType(demo.notifications, 'task.run.end');
    expect(run?.context).toMatchObject({ request_id: expect.any(String), user_id: 'alice', project_id: 'project-a' });
  });

  it('never says where the data is', () => {
    expect(demo.notifications.filter((notification) => JSON.stringify(notification).includes('/data/'))).toEqual([]);
  });

  it('accounts for everything', () => {
    const count = demo.notifications.length;
    expect(demo.stdout).toContain(`driver log: accepted ${count}, delivered ${count}, dropped 0`);
    expect(demo.stdout).toMatch(/^\d+ HTTP requests, answered within [\d.]+ ms \(median\), [\d.]+ ms \(max\)$/m);
  });
});

describe('npm run demo, by the environment', () => {
  it('leaves out what is disabled', async () => {
    const { code, stdout, notifications } = await runDemo({ TIDINGS_DISABLED_NOTIFICATIONS: 'image.send,task' });
    const eventTypes = notifications.map(({ event_type }) => event_type);
    expect(code).toBe(0);
    expect(eventTypes.filter((type) => type === 'image.send' || type.startsWith('task.'))).toEqual([]);
    expect(eventTypes).toContain('image.upload');
    expect(stdout).not.toContain('task.run');
  }, 60_000);

  it('shows notifications itself when no driver does', async () => {
    const { code, stdout } = await runDemo({ TIDINGS_DRIVERS: 'memory' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/ WARN {2}image\.send .*bytes_sent=\d+/);
  }, 60_000);

  it('takes a file of the user', async () => {
    const { code, stdout } = await runDemo({}, ['README.md']);
    expect(code).toBe(0);
    expect(stdout).toContain('README.md');
  }, 60_000);

  it.each([
    ['TIDINGS_DRIVERS', 'rabit', 'log, memory, noop, rabbit'],
    ['TIDINGS_QUEUE_MESSAGES', '-1', 'a whole number from 1'],
    ['TIDINGS_AMQP_URL', 'http://localhost', 'amqp://'],
  ])('ends with one line for a wrong %s', async (variable, value, accepted) => {
    const { code, stdout, stderr } = await runDemo({ TIDINGS_DRIVERS: 'rabbit', [variable]: value });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(variable)]);
    expect(stderr).toContain(accepted);
  });
});
