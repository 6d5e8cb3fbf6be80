import { Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { NotificationsModule } from 'tidings/nest';
import { callerOf } from './auth/caller.js';
import { HealthController } from './health.controller.js';
import { ImagesModule } from './images/images.module.js';

@Module({
  imports: [
    // Where notifications go, and which are turned off, is said by the environment: TIDINGS_DRIVERS and the like.
    NotificationsModule.forRoot({
      service: 'image',
      requestContext: { identify: callerOf },
      http: { errors: true, ignorePaths: ['/health'] },
    }),
    ImagesModule,
  ],
  controllers: [HealthController],
  providers: [{ provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true, transform: true }) }],
})
export class AppModule {}
