// Scenarios of an application's life: its notifier from the first provider to the last, and more than one application.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Global,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type HealthCheckResult, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { configureNotifications, currentNotifier, isTidingsError, notifyAbout } from 'tidings';
import { MemoryDriver } from 'tidings/drivers/memory';
import {
  getNotifierToken,
  NotificationsHealthIndicator,
  NotificationsModule,
  type NotificationsModuleOptions,
  Notifier,
} from 'tidings/nest';

/** Has something to say at every turn of its life, the last with some delay. */
class Talkative implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(private readonly place: string) {}

  onModuleInit(): void {
    notifyAbout(`${this.place}.init`);
  }

  onModuleDestroy(): void {
    notifyAbout(`${this.place}.destroy`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    notifyAbout(`${this.place}.before_shutdown`);
  }

  async onApplicationShutdown(): Promise<void> {
    await sleep(5);
    notifyAbout(`${this.place}.shutdown`);
  }
}

const talkative = (place: string) => ({ provide: `talkative ${place}`, useValue: new Talkative(place) });

@Module({ providers: [talkative('deepest')] })
class Deepest {}

@Module({ imports: [Deepest], providers: [talkative('deep')] })
class Deep {}

@Global()
@Module({ providers: [talkative('global')] })
class Everywhere {}

const quiet = { logger: false, abortOnError: false } as const;
const typesOf = ({ notifications }: MemoryDriver) => notifications.map(({ eventType }) => eventType);

/** Everything is told before the notifier is closed, wherever the module stands. */
export async function shutdown(): Promise<object> {
  const answers: Record<string, unknown> = {};
  for (const isGlobal of [true, false]) {
    for (const isFirst of [true, false]) {
      const memory = new MemoryDriver();
      const ours = NotificationsModule.forRoot({ drivers: [memory], isGlobal });
      const imports = isFirst ? [ours, Everywhere, Deep] : [Everywhere, Deep, ours];
      const app = await NestFactory.createApplicationContext(
        { module: class Root {}, imports, providers: [talkative('root')] },
        quiet,
      );
      const notifier = app.get(Notifier);
      await app.close();
      const { drivers } = notifier.stats();
      answers[`${isGlobal ? 'global' : 'local'}, ${isFirst ? 'first' : 'last'}`] = {
        told: typesOf(memory).sort(),
        dropped: drivers.memory?.dropped,
        isClosed: notifier.notify('too.late').status,
      };
    }
  }
  return answers;
}

/** Decorators and `notifyAbout` use the notifier of the application made last, and then that of the one before. */
export async function several(): Promise<object> {
  const drivers = { process: new MemoryDriver(), a: new MemoryDriver(), b: new MemoryDriver() };
  configureNotifications({ drivers: [drivers.process] });
  const create = (memory: MemoryDriver) =>
    NestFactory.createApplicationContext(
      { module: class Root {}, imports: [NotificationsModule.forRoot({ drivers: [memory] })] },
      quiet,
    );
  notifyAbout('before');
  const a = await create(drivers.a);
  notifyAbout('with.a');
  const b = await create(drivers.b);
  notifyAbout('with.a_and_b');
  a.get(Notifier).info('injected.a');
  await a.close();
  notifyAbout('with.b');
  await b.close();
  notifyAbout('after');
  await currentNotifier().flush();
  return { process: typesOf(drivers.process), a: typesOf(drivers.a), b: typesOf(drivers.b) };
}

@Injectable()
class Settings {
  readonly service = 'from-a-class';

  create(): NotificationsModuleOptions {
    return { service: this.service, drivers: [new MemoryDriver()] };
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** Every way to give the options; what is wrong stops the start. */
export async function options(): Promise<object> {
  const publisher = async (module: ReturnType<typeof NotificationsModule.forRoot>) => {
    const app = await NestFactory.createApplicationContext({ module: class Root {}, imports: [module] }, quiet);
    const receipt = app.get(Notifier).info('who.am_i');
    await receipt.delivered();
    const name = currentNotifier() === app.get(Notifier);
    const told = (app.get(Notifier).stats().drivers.memory?.delivered ?? 0) > 0;
    await app.close();
    return { isProcessWide: name, told };
  };
  const problem = async (module: () => ReturnType<typeof NotificationsModule.forRoot>) => {
    try {
      const app = await NestFactory.createApplicationContext({ module: class Root {}, imports: [module()] }, quiet);
      await app.close();
      return 'none';
    } catch (error) {
      return isTidingsError(error) ? (error as Error).message : `another: ${String(error)}`;
    }
  };
  const wrong = (given: object) => problem(() => NotificationsModule.forRoot(given as NotificationsModuleOptions));
  return {
    nothing: await publisher(NotificationsModule.forRoot()),
    useFactory: await publisher(
      NotificationsModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => settings.create(),
      }),
    ),
    useClass: await publisher(NotificationsModule.forRootAsync({ useClass: Settings })),
    useExisting: await publisher(
      NotificationsModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
    ),
    problems: [
      await wrong({ drivers: 'rabbitt' }),
      await wrong({ driver: 'log' }),
      await wrong({ requestContext: { identity: () => ({}) } }),
      await wrong({ requestContext: { identify: 7 } }),
      await wrong({ http: { headers: ['user-agent', 'Cookie'] } }),
      await wrong({ http: { headers: ['Proxy-Authorization'] } }),
      await wrong({ http: { headers: ['X-Auth-Token'] } }),
      await wrong({ http: { errors: 'yes' } }),
      await wrong({ http: { ignorePaths: ['health'] } }),
      await wrong({ closeTimeoutMs: -1 }),
      await wrong({ name: 'audit', http: { errors: true } }),
      await wrong({ name: 'a b' }),
      await problem(() => NotificationsModule.forRootAsync({ useFactory: () => ({ queueMessages: 0 }) })),
    ],
  };
}

/** What @nestjs/terminus makes of the indicator. */
export async function health(): Promise<object> {
  let fault: Error | undefined;
  const driver = {
    name: 'mine',
    async deliver() {
      if (fault !== undefined) throw fault;
    },
  };
  const app = await NestFactory.createApplicationContext(
    {
      module: class Root {},
      imports: [
        TerminusModule.forRoot({ logger: false }),
        NotificationsModule.forRoot({ drivers: [driver], retryMinMs: 1, retryMaxMs: 1, closeTimeoutMs: 0 }),
        NotificationsModule.forRoot({ name: 'audit', drivers: [{ ...driver, name: 'other' }] }),
      ],
    },
    quiet,
  );
  const checks = app.get(HealthCheckService);
  const indicator = app.get(NotificationsHealthIndicator);
  const check = async () => {
    const answer = checks.check([() => indicator.isHealthy()]);
    return answer.catch((error: { getResponse(): unknown }) => error.getResponse() as Awaited<typeof answer>);
  };
  await app.get(Notifier).info('first').delivered();
  const up = await check();
  fault = new Error('the disk is full');
  app.get(Notifier).info('second');
  while (app.get(Notifier).health().status !== 'down') await sleep(1);
  const down = await check();
  const hasAudit = app.get(getNotifierToken('audit')) !== app.get(Notifier);
  await app.close();
  const shown = (answer: HealthCheckResult) => {
    const { status, notifier, reason } = answer.details.notifications as Record<string, unknown>;
    return { answer: answer.status, status, notifier, reason };
  };
  return { up: shown(up), down: shown(down), hasAudit };
}

/** An operator reads of a broker that is down where the application says the rest. */
export async function logger(): Promise<object> {
  const lines: string[] = [];
  const keep = (message: unknown, context: unknown) => lines.push(`${context}: ${message}`);
  const app = await NestFactory.createApplicationContext(
    {
      module: class Root {},
      imports: [
        NotificationsModule.forRoot({
          drivers: [
            {
              name: 'mine',
              async open() {
                throw new Error('nobody listens');
              },
              async deliver() {},
            },
          ],
          closeTimeoutMs: 0,
          disabledNotifications: 'no type!',
        }),
      ],
    },
    { logger: { log: keep, warn: keep, error: keep, fatal: keep }, abortOnError: false },
  );
  Logger.flush();
  app.get(Notifier).info('anything');
  while (app.get(Notifier).health().status !== 'down') await sleep(1);
  await app.close();
  return { lines: lines.filter((line) => line.startsWith('Notifications')) };
}
