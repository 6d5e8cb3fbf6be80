import { Controller, Get } from '@nestjs/common';
import { NotificationsHealthIndicator } from 'tidings/nest';

@Controller('health')
export class HealthController {
  constructor(private readonly notifications: NotificationsHealthIndicator) {}

  /** 200 whatever the broker does: the service works without it. With @nestjs/terminus it is one of the checks. */
  @Get()
  health(): object {
    return this.notifications.isHealthy();
  }
}
