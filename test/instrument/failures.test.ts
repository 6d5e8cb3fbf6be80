import { describe, expect, it } from 'vitest';
import { notifyAbout, withNotifies, withStartEnd } from '../../src/index.js';
import { record } from '../support/recorded.js';

const fails = (error: unknown) => () => {
  throw error;
};

/** Calls a function that fails, and gives back what it threw. */
function thrown(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

const withStatus = (fields: object) => Object.assign(new Error('no such image'), fields);
const VALIDATION_ERROR = {
  target: {},
  property: 'name',
  value: 'v',
  constraints: { isString: 'must be' },
  children: [],
};

const USER_ERRORS: Record<string, unknown> = {
  'getStatus() 404': withStatus({ getStatus: () => 404, response: {} }),
  'status 409': withStatus({ status: 409 }),
  'statusCode 413': withStatus({ statusCode: 413 }),
  'a ValidationError': VALIDATION_ERROR,
  'an array of ValidationErrors': [VALIDATION_ERROR, VALIDATION_ERROR],
};

const SYSTEM_ERRORS: Record<string, unknown> = {
  'a plain error': new Error('no such image'),
  'getStatus() 503': withStatus({ getStatus: () => 503 }),
  'status 500': withStatus({ status: 500 }),
  'a downstream 403 with response': withStatus({ status: 403, response: {} }),
  'a downstream 404 with config': withStatus({ status: 404, config: {} }),
  'a downstream 404 with $metadata': withStatus({ statusCode: 404, $metadata: {} }),
  'a status that is text': withStatus({ status: '404' }),
  'an empty array': [],
  'a thrown text': 'no such image',
  'a thrown undefined': undefined,
  'an error that throws when it is read': new Proxy(new Error('no such image'), {
    get(target, key) {
      if (key === 'status') throw new Error('unreadable');
      return Reflect.get(target, key);
    },
  }),
};

describe('failures', () => {
  it.each(Object.entries(SYSTEM_ERRORS))(
    '%s is a fault: ERROR with its text, the same object thrown',
    async (_, error) => {
      const { told } = record();
      expect(thrown(withNotifies('image.get', fails(error)))).toBe(error);
      expect(thrown(withStartEnd('image.get', fails(error)))).toBe(error);
      const notifications = await told();
      expect(notifications.map(({ priority, eventType }) => `${priority} ${eventType}`)).toEqual([
        'ERROR image.get',
        'INFO image.get.start',
        'ERROR image.get.error',
      ]);
      if (error instanceof Error) expect(notifications[0]?.payload).toBe('no such image');
      expect(typeof notifications[2]?.payload).toBe('string');
    },
  );

  it.each(Object.entries(USER_ERRORS))("%s is the user's: silent, and a pair is closed at WARN", async (_, error) => {
    const { summary } = record();
    expect(thrown(withNotifies('image.get', fails(error)))).toBe(error);
    expect(thrown(withStartEnd('image.get', fails(error)))).toBe(error);
    expect(await summary()).toEqual(['INFO image.get.start', 'WARN image.get.end']);
  });

  it('tells what `errors` asks for, and always closes a pair', async () => {
    const user = USER_ERRORS['status 409'];
    const { summary } = record();
    thrown(withNotifies('all.user', fails(user), { errors: 'all' }));
    thrown(withNotifies('none.system', fails(new Error()), { errors: 'none' }));
    thrown(withStartEnd('pair', fails(new Error()), { errors: 'none' }));
    expect(await summary()).toEqual(['ERROR all.user', 'INFO pair.start', 'WARN pair.end']);
  });

  it('asks isUserError first, both ways, and does without it when it throws', async () => {
    const { summary, notifier } = record();
    const fault = new Error('quota');
    thrown(withNotifies('not.told', fails(fault), { isUserError: (error) => error === fault }));
    thrown(withNotifies('told', fails(USER_ERRORS['status 409']), { isUserError: () => false }));
    thrown(
      withNotifies('rule.throws', fails(fault), {
        isUserError: () => {
          throw new Error('rule');
        },
      }),
    );
    thrown(withNotifies('left.open', fails(fault), { isUserError: () => undefined }));
    expect(await summary()).toEqual(['ERROR told', 'ERROR rule.throws', 'ERROR left.open']);
    expect(notifier.stats().payloadErrors).toBe(1);
  });

  it('tells an aborted call at WARN, as cancelled', async () => {
    const { told } = record();
    const abort = Object.assign(new Error('aborted'), { name: 'AbortError' });
    thrown(withNotifies('image.get', fails(abort), { payload: ({ cancelled }) => ({ cancelled }) }));
    thrown(withStartEnd('image.put', fails(abort)));
    expect((await told()).map(({ priority, eventType, payload }) => [priority, eventType, payload])).toEqual([
      ['WARN', 'image.get', { cancelled: true }],
      ['INFO', 'image.put.start', {}],
      ['WARN', 'image.put.end', 'aborted'],
    ]);
  });

  it('does not tell twice what notifyAbout.error told in this operation, itself or as a cause', async () => {
    const { summary, notifier } = record();
    const fault = new Error('disk');
    const tells = (type: string, wrap: (error: Error) => Error, payload: unknown = fault) =>
      withNotifies('image.upload', async () => {
        await Promise.resolve();
        notifyAbout.error(type, payload);
        throw wrap(fault);
      });
    await expect(tells('image.upload', (error) => error)()).rejects.toBe(fault);
    await expect(tells('image.upload', (error) => new Error('upload', { cause: error }))()).rejects.toThrow('upload');
    await expect(tells('image.upload', (error) => error, { id: 'i1', error: fault })()).rejects.toBe(fault);
    expect(await summary()).toEqual(['ERROR image.upload', 'ERROR image.upload', 'ERROR image.upload']);
    expect(notifier.stats().alreadyTold).toBe(3);
    // Another type, or the same error in another operation, is news.
    await expect(tells('store.write', (error) => error)()).rejects.toBe(fault);
    thrown(withNotifies('image.upload', fails(fault)));
    expect((await summary()).slice(3)).toEqual(['ERROR store.write', 'ERROR image.upload', 'ERROR image.upload']);
  });

  it('does not close a pair again that the same telling has closed, but always closes it', async () => {
    const { told } = record();
    const fault = new Error('x');
    const tellsAndThrows = () => {
      notifyAbout.error('task.run.error', fault);
      throw fault;
    };
    thrown(withStartEnd('task.run', tellsAndThrows));
    // Told by a called operation it carries that one's id: nobody could tell that the pair is closed.
    thrown(withStartEnd('task.run', withNotifies('task.step', tellsAndThrows)));
    const notifications = await told();
    expect(notifications.map(({ priority, eventType }) => `${priority} ${eventType}`)).toEqual([
      'INFO task.run.start',
      'ERROR task.run.error',
      'INFO task.run.start',
      'ERROR task.run.error',
      'ERROR task.step',
      'ERROR task.run.error',
    ]);
    const operations = notifications.map(({ context }) => context.operation_id);
    expect(operations[1]).toBe(operations[0]);
    expect(operations[5]).toBe(operations[2]);
  });
});

describe('functions of the user that throw', () => {
  const throws = (): never => {
    throw new Error('password=hunter2 in the payload function');
  };

  it('leave the method unharmed: sent with {}, counted, told once without secrets', async () => {
    const { told, notifier, reporter } = record();
    const fn = withNotifies('image.get', () => 7, { payload: throws });
    expect([fn(), fn()]).toEqual([7, 7]);
    expect((await told()).map(({ payload }) => payload)).toEqual([{}, {}]);
    expect(notifier.stats().payloadErrors).toBe(2);
    expect(reporter.lines).toEqual(['the payload function of image.get threw: password=*** in the payload function']);
  });

  it('are those that give a promise too, which nobody waits for', async () => {
    const { told, notifier, reporter } = record();
    const payload = (async () => throws()) as never;
    expect(withNotifies('image.get', () => 7, { payload, when: (async () => throws()) as never })()).toBe(7);
    expect((await told()).map((notification) => notification.payload)).toEqual([{}]);
    expect(notifier.stats().payloadErrors).toBe(2);
    const why = 'of image.get threw: it gave a promise, and must answer at once';
    expect(reporter.lines).toEqual([`when ${why}`, `the payload function ${why}`]);
  });

  it('count as "yes" in `when`', async () => {
    const { summary } = record();
    expect(withNotifies('image.get', () => 7, { when: throws })()).toBe(7);
    expect(await summary()).toEqual(['INFO image.get']);
  });

  it('cannot loop: what they notify about is suppressed and counted', async () => {
    const { summary, notifier } = record();
    const fn = withNotifies('image.get', () => 7, {
      payload: () => {
        fn();
        notifyAbout('image.inner');
        return {};
      },
    });
    expect(fn()).toBe(7);
    expect(await summary()).toEqual(['INFO image.get']);
    expect(notifier.stats().suppressed).toBe(2);
  });
});

describe('when', () => {
  it('is asked at the end for one notification, and once, at the start, for a pair', async () => {
    const { summary } = record();
    const phases: string[] = [];
    const when = (wanted: boolean) => ({
      when: ({ phase }: { phase: string }) => {
        phases.push(phase);
        return wanted;
      },
    });
    withNotifies('a.single', () => 1, when(false))();
    withStartEnd('a.pair', () => 1, when(false))();
    withStartEnd('b.pair', () => 1, when(true))();
    expect(phases).toEqual(['end', 'start', 'start']);
    expect(await summary()).toEqual(['INFO b.pair.start', 'INFO b.pair.end']);
  });
});
