// Makes the application on either platform.
import {
  type DynamicModule,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  type NestModule,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MemoryDriver } from 'tidings/drivers/memory';
import { NotificationsModule, type NotificationsModuleOptions } from 'tidings/nest';
import {
  FaultsController,
  FirstMiddleware,
  type ImageRequest,
  Images,
  ImagesController,
  RequestScoped,
  ScopedController,
  Transient,
} from './images.js';

export const memory = new MemoryDriver();
export const audit = new MemoryDriver({ name: 'audit' });

export const identify = (request: ImageRequest) => ({
  project_id: request.headers['x-of'] === undefined ? undefined : `project-of-${request.headers['x-of']}`,
  ...(request.user === undefined ? {} : { user_id: request.user.id }),
});

@Module({
  controllers: [ImagesController, ScopedController, FaultsController],
  providers: [Images, RequestScoped, Transient],
})
class ImagesModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(FirstMiddleware).forRoutes('{*splat}');
  }
}

@Module({})
class Root {}

/** `more`: other modules of the application. */
export function root(
  options: NotificationsModuleOptions,
  ...more: NonNullable<DynamicModule['imports']>
): DynamicModule {
  return {
    module: Root,
    imports: [
      ...more,
      ImagesModule,
      NotificationsModule.forRoot({ drivers: [memory], requestContext: { identify }, ...options }),
      NotificationsModule.forRoot({ name: 'audit', drivers: [audit] }),
    ],
  };
}

export async function createApplication(platform: string, module: DynamicModule): Promise<INestApplication> {
  const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  return NestFactory.create(module, adapter as ExpressAdapter, { logger: false, abortOnError: false });
}
