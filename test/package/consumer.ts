/** A service that uses the package, as TypeScript: compiled by old and new compilers, under both decorator standards. */
export const SERVICE = `
import {
  type CallOf,
  configureNotifications,
  ConfigurationError,
  currentNotifier,
  type Driver,
  type Notification,
  Notifies,
  notifyAbout,
  type Receipt,
  StartEnd,
  withNotificationContext,
  withNotifies,
  withStartEnd,
} from 'tidings';
import { LogDriver } from 'tidings/drivers/log';
import { MemoryDriver } from 'tidings/drivers/memory';

interface Image {
  readonly id: string;
}

class Images {
  #count = 0;

  @Notifies('image.update')
  update(id: string): Image {
    this.#count += 1;
    return { id };
  }

  @Notifies('image.delete', { payload: (call: CallOf<Images['remove']>) => ({ id: call.args[0] }), priority: 'WARN' })
  async remove(id: string): Promise<void> {
    await withNotificationContext({ request_id: 'req-1' }, async () => notifyAbout.info('image.removing', { id }));
  }

  @StartEnd('task.run')
  run(): number {
    return this.#count;
  }

  @StartEnd({ start: 'image.prepare', end: 'image.upload' }, { payload: { end: 'result' } })
  static async upload(id: string): Promise<Image> {
    return { id };
  }
}

const mine: Driver = { name: 'mine', async deliver() {} };
const memory = new MemoryDriver();
const notifier = configureNotifications({ drivers: [memory, mine, new LogDriver({ format: 'json' }), { name: 'noop' }] });

// What is decorated keeps its type.
const updated: Image = new Images().update('i-1');
const removed: Promise<void> = new Images().remove('i-1');
const count: number = new Images().run();
const uploaded: Promise<Image> = Images.upload('i-1');
const twice: (x: number) => number = withNotifies('math.twice', (x: number) => 2 * x, {
  payload: (call) => ({ result: call.result.toFixed(), first: call.args[0].toFixed() }),
});
const later: (x: string) => Promise<string> = withStartEnd('text.later', async (x: string) => x, {
  payload: (call) => ({ length: call.result.length }),
});
const receipt: Receipt = notifyAbout.error('image.upload', new Error('no space'));
const told: readonly Notification[] = memory.notifications;

// @ts-expect-error an event type is a text
Notifies(7);
// @ts-expect-error no such option
new LogDriver({ files: 'x' });
// @ts-expect-error the argument is a text
new Images().update(7);

export { ConfigurationError, count, currentNotifier, later, notifier, receipt, removed, told, twice, updated, uploaded };
`;

/** The same package from CommonJS. */
export const COMMONJS_SERVICE = `
import tidings = require('tidings');
import memory = require('tidings/drivers/memory');

const driver = new memory.MemoryDriver();
const notifier: tidings.Notifier = tidings.configureNotifications({ drivers: [driver] });
export = notifier;
`;

/** Compilers, by the name that they are installed under. */
export const COMPILERS: Readonly<Record<string, string>> = {
  'typescript-5.4': 'npm:typescript@5.4',
  'typescript-7': 'npm:typescript@7',
};

export const RESOLUTIONS: Readonly<Record<string, object>> = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

export type Decorators = 'experimental' | 'standard';

/** A strict project around the service. */
export function tsconfig(resolution: string, decorators: Decorators, more: readonly string[]): string {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    types: ['node'],
    typeRoots: ['../../node_modules/@types'],
    strict: true,
    exactOptionalPropertyTypes: true,
    // Our own declarations are a library, in both formats here; once a compiler is enough for the same files.
    skipLibCheck: !(resolution === 'nodenext' && decorators === 'standard'),
    noEmit: true,
    ...RESOLUTIONS[resolution],
    ...(decorators === 'experimental' ? { experimentalDecorators: true, emitDecoratorMetadata: true } : {}),
  };
  // `import = require()` is not for bundlers.
  const commonJs = resolution === 'bundler' ? [] : ['../service.cts'];
  return JSON.stringify({ compilerOptions, files: ['../service.mts', '../service.ts', ...commonJs, ...more] });
}
