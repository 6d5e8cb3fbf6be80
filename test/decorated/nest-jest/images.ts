// A module as an application has it: its notifications go to RabbitMQ.
import { Controller, Get, Injectable, Module, NotFoundException, Param } from '@nestjs/common';
import { notifyAbout, StartEnd } from 'tidings';
import { InjectNotifier, NotificationsModule, Notifier } from 'tidings/nest';

@Injectable()
export class Images {
  constructor(
    private readonly notifier: Notifier,
    @InjectNotifier('audit') private readonly audit: Notifier,
  ) {}

  @StartEnd('image.read')
  read(id: string): { id: string } {
    if (id === '404') throw new NotFoundException();
    if (id === '500') throw new Error('disk on fire');
    notifyAbout('image.touch', { id });
    this.notifier.info('image.injected', { id });
    this.notifier.info('image.hidden', { id });
    this.audit.audit('image.read_by', { id });
    return { id };
  }
}

@Controller('images')
class ImagesController {
  constructor(private readonly images: Images) {}

  @Get(':id')
  read(@Param('id') id: string): { id: string } {
    return this.images.read(id);
  }
}

@Module({ controllers: [ImagesController], providers: [Images] })
export class ImagesModule {}

const drivers = [{ name: 'rabbit' as const, url: 'amqp://127.0.0.1:1' }];

@Module({
  imports: [
    NotificationsModule.forRootAsync({
      useFactory: () => ({ drivers, disabledNotifications: 'image.touch,image.hidden' }),
    }),
    NotificationsModule.forRoot({ name: 'audit', drivers, publisherId: 'audit.test' }),
    ImagesModule,
  ],
})
export class AppModule {}
