// `terminated.js <platform> <file>`: serves until it is told to end by a signal. What is delivered is appended to the file.
import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Injectable, Module, type OnApplicationShutdown, Param } from '@nestjs/common';
import { type Driver, notifyAbout, StartEnd } from 'tidings';
import { NotificationsModule } from 'tidings/nest';
import { createApplication } from './application.js';

const [platform = 'express', file = ''] = process.argv.slice(2);

/** Slower than the requests come, so that there is something left when the signal does. */
const slow: Driver = {
  name: 'slow',
  batchSize: 10,
  async deliver(batch) {
    await sleep(10);
    for (const { notification } of batch) appendFileSync(file, `${JSON.stringify(notification)}\n`);
  },
};

@Controller('tasks')
class Tasks {
  @Get(':id')
  @StartEnd('task.run', { payload: { start: ({ args: [id] }) => ({ id }), end: ({ args: [id] }) => ({ id }) } })
  async run(@Param('id') id: string): Promise<string> {
    await sleep(100);
    return id;
  }
}

@Injectable()
class LastWord implements OnApplicationShutdown {
  async onApplicationShutdown(signal?: string): Promise<void> {
    await sleep(20);
    notifyAbout('service.stopped', { signal });
  }
}

@Module({ imports: [NotificationsModule.forRoot({ drivers: [slow] })], controllers: [Tasks], providers: [LastWord] })
class Service {}

async function main(): Promise<void> {
  const app = await createApplication(platform, { module: Service });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log(await app.getUrl());
}

void main();
