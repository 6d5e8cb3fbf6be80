// `listening.js <AMQP URL> <exchange>`: tells, hears itself in every kind of provider, and prints who has heard what.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Controller,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Scope,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { notifyAbout } from 'tidings';
import { DEAD, OnNotification, type Received } from 'tidings/listener';
import { NotificationsModule, type NotificationsModuleOptions } from 'tidings/nest';
import { NotificationsTestingModule } from 'tidings/testing';

const [url = '', exchange = ''] = process.argv.slice(2);
const heard: string[] = [];
const hear = (who: string, { eventType, context }: Received) =>
  heard.push(`${who}: ${eventType} ${context.request_id}`);

let begin = () => {};
const begun = new Promise<void>((resolve) => {
  begin = resolve;
});

@Injectable()
class Thumbnails implements OnModuleDestroy {
  private isDestroyed = false;

  @OnNotification('image.*')
  async any(notification: Received): Promise<void> {
    if (notification.eventType === 'image.last') {
      // Still at work when the application is closed.
      begin();
      await sleep(50);
    }
    hear(`provider${this.isDestroyed ? ' (destroyed)' : ''}`, notification);
    // Carries on the ids of the request.
    if (notification.eventType === 'image.create') notifyAbout('thumbnail.create');
  }

  @OnNotification('image.create', { priority: 'ERROR' })
  never(notification: Received): void {
    hear('never', notification);
  }

  onModuleDestroy(): void {
    this.isDestroyed = true;
  }
}

@Controller()
class Views {
  @OnNotification('thumbnail.create')
  drawn(notification: Received): void {
    hear('controller', notification);
  }

  @OnNotification('image.broken')
  dead(): typeof DEAD {
    return DEAD;
  }
}

let made = 0;

@Injectable({ scope: Scope.REQUEST })
class PerNotification {
  private readonly number = ++made;

  @OnNotification('image.create,image.update')
  heard(notification: Received): void {
    hear(`request-scoped ${this.number}`, notification);
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Batches {
  private readonly name = 'transient';

  @OnNotification('image.create,image.update', { batch: { size: 2 } })
  together(notifications: readonly Received[]): void {
    heard.push(`${this.name}: ${notifications.length} at once`);
  }
}

class Slow implements OnApplicationBootstrap {
  async onApplicationBootstrap(): Promise<void> {
    await sleep(50);
    heard.push('bootstrapped');
  }
}

/** Has the same class as the other one, and an alias of it. */
@Module({ providers: [Thumbnails, { provide: 'alias', useExisting: Thumbnails }] })
class Twice {}

@Module({
  imports: [Twice],
  controllers: [Views],
  providers: [Thumbnails, PerNotification, Batches, { provide: Slow, useValue: new Slow() }],
})
class Handlers {}

const quiet = { logger: false, abortOnError: false } as const;
const options: NotificationsModuleOptions = {
  drivers: [{ name: 'rabbit', url, exchange }],
  topics: exchange,
  listener: { url, exchange, topics: exchange },
};

async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !done(); turn += 1) await sleep(5);
}

async function main(): Promise<void> {
  // The queues of the first one hold what the second one hears as soon as it begins.
  const teller = await NestFactory.createApplicationContext(NotificationsModule.forRoot(options), quiet);
  const context = (id: string) => ({ context: { request_id: id } });
  notifyAbout('image.create', {}, context('r1'));
  notifyAbout('image.update', {}, context('r2'));
  notifyAbout('image.broken', {}, context('r3'));
  await teller.close();

  const app = await NestFactory.createApplicationContext(
    { module: class Root {}, imports: [NotificationsModule.forRoot(options), Handlers] },
    quiet,
  );
  await until(() => heard.length >= 8);
  notifyAbout('image.last', {}, context('r4'));
  await begun;
  await app.close();
  const first = heard[0];
  const answers: Record<string, unknown> = { first, heard: [...heard].sort() };

  heard.length = 0;
  for (const listener of [false, {}] as const) {
    // In a test nothing is taken from a broker, and by `false` in no application.
    const imports = [
      ...(listener === false ? [] : [NotificationsTestingModule.forRoot()]),
      NotificationsModule.forRoot({ ...options, listener: listener === false ? false : options.listener }),
      Handlers,
    ];
    const other = await NestFactory.createApplicationContext({ module: class Root {}, imports }, quiet);
    notifyAbout('image.create');
    await sleep(50);
    await other.close();
  }
  answers.withoutListener = heard;

  // A broker that is down holds up neither the start nor the end.
  const down = { drivers: 'noop', listener: { url: 'amqp://127.0.0.1:1' }, reporter: { warn() {}, info() {} } };
  const other = await NestFactory.createApplicationContext(
    { module: class Root {}, imports: [NotificationsModule.forRoot(down), Handlers] },
    quiet,
  );
  await other.close();
  answers.ended = true;
  console.log(JSON.stringify(answers));
}

void main();
