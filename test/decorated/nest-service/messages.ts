// Scenarios over TCP and WebSocket, in one application with HTTP.
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, type ExecutionContext, Module, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { firstValueFrom, from, map, type Observable } from 'rxjs';
import { currentNotifier, Notifies, notifyAbout, StartEnd } from 'tidings';
import { NotificationContextInterceptor } from 'tidings/nest';
import { WebSocket } from 'ws';
import { createApplication, memory, root } from './application.js';

@Controller()
class Workers {
  @MessagePattern('resize')
  @StartEnd('image.resize', { payload: { start: ({ args: [of] }) => ({ of }), end: ({ args: [of] }) => ({ of }) } })
  async resize(@Payload() of: string): Promise<string> {
    await sleep(Math.random() * 3);
    notifyAbout('told.worker', { of });
    return of;
  }

  @MessagePattern('count')
  @Notifies('image.count', { payload: ({ items, args: [of] }) => ({ of, items }) })
  count(@Payload() of: string): Observable<string> {
    return from([1, 2, 3]).pipe(map((each) => `${of}-${each}`));
  }

  @EventPattern('viewed')
  @Notifies('image.viewed', { payload: ({ args: [of] }) => ({ of }) })
  viewed(@Payload() of: string): string {
    return of;
  }
}

/** The interceptor stands here for Nest 11, whose global ones do not reach gateways. */
@WebSocketGateway({ path: '/live' })
@UseInterceptors(NotificationContextInterceptor)
class Live {
  @SubscribeMessage('follow')
  @Notifies('live.follow', { payload: ({ args: [of] }) => ({ of }) })
  async follow(@MessageBody() of: string): Promise<{ event: string; data: string }> {
    await sleep(Math.random() * 3);
    notifyAbout('told.gateway', { of });
    return { event: 'followed', data: of };
  }
}

@Module({ controllers: [Workers], providers: [Live] })
class Messages {}

@Module({ controllers: [Workers] })
class Alone {}

const MESSAGES = 100;

/** The same in an application that is nothing but a microservice. */
export async function microservice(): Promise<object> {
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(root({}, Alone), {
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: 0 },
    logger: false,
  });
  await service.listen();
  const { port } = service.unwrap<{ address(): { port: number } }>().address();
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  memory.clear();
  const answer = await firstValueFrom(client.send('resize', 'alone'));
  client.close();
  await service.close();
  const ids = new Set(memory.notifications.map(({ context }) => context.request_id));
  return { answer, told: memory.notifications.length, ids: ids.size };
}

/** Each message has a context of its own, that is of all that is told of it. */
export async function messages(platform: string): Promise<object> {
  let identified = 0;
  const identify = (_: unknown, execution?: ExecutionContext) => {
    identified += 1;
    return { project_id: execution?.getType() };
  };
  const app = await createApplication(platform, root({ requestContext: { identify } }, Messages));
  app.useWebSocketAdapter(new WsAdapter(app));
  const tcp = { host: '127.0.0.1', port: 0 };
  const service = app.connectMicroservice<MicroserviceOptions>(
    { transport: Transport.TCP, options: tcp },
    { inheritAppConfig: true },
  );
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const { port } = service.unwrap<{ address(): { port: number } }>().address();
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  const names = Array.from({ length: MESSAGES }, (_, index) => `m${index}`);
  await Promise.all(names.map((of) => firstValueFrom(client.send('resize', of))));
  const last = await new Promise((resolve) => {
    let value: unknown;
    client.send('count', 'c').subscribe({ next: (each) => (value = each), complete: () => resolve(value) });
  });
  await firstValueFrom(client.emit('viewed', 'v'));
  client.close();

  const socket = new WebSocket(`${(await app.getUrl()).replace('http', 'ws')}/live`);
  await new Promise<void>((resolve) => socket.addEventListener('open', resolve));
  let answers = 0;
  const answered = new Promise<void>((resolve) => {
    socket.addEventListener('message', () => {
      answers += 1;
      if (answers === MESSAGES) resolve();
    });
  });
  for (const of of names) socket.send(JSON.stringify({ event: 'follow', data: of }));
  await answered;
  socket.close();
  while (!memory.notifications.some(({ eventType }) => eventType === 'image.viewed')) {
    await currentNotifier().flush();
    await sleep(1);
  }
  await app.close();

  const ids = new Map<string, Set<unknown>>();
  const counts: Record<string, number> = {};
  const kinds = new Set<string>();
  for (const { eventType, payload, context } of memory.notifications) {
    const { of } = payload as { of: string };
    const key = `${eventType.startsWith('live') || eventType === 'told.gateway' ? 'ws' : 'rpc'} ${of}`;
    ids.set(key, (ids.get(key) ?? new Set()).add(context.request_id));
    counts[eventType] = (counts[eventType] ?? 0) + 1;
    kinds.add(`${key.split(' ')[0]} as ${context.project_id}`);
  }
  const all = [...ids.values()].flatMap((set) => [...set]);
  return {
    last,
    identified,
    counts,
    kinds: [...kinds].sort(),
    isOneEach: [...ids.values()].every((set) => set.size === 1),
    areDifferent: new Set(all).size === ids.size,
    areNew: all.every((id) => /^req-[0-9a-f-]{36}$/.test(String(id))),
  };
}
