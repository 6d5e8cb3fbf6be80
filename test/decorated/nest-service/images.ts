// What tells of itself, in every place that Nest runs code in: each notification says by its payload which request it is
// of, so that a context of another one is seen.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ArgumentsHost,
  Body,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
  type NestMiddleware,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  Scope,
  ServiceUnavailableException,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { Notifies, notifyAbout, StartEnd } from 'tidings';
import { InjectNotifier, Notifier } from 'tidings/nest';

/** What Express's and Fastify's requests have in common, as far as it is used here. */
export interface ImageRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user?: { readonly id: string };
}

@Injectable()
export class FirstMiddleware implements NestMiddleware {
  use(request: ImageRequest, _response: unknown, next: () => void): void {
    if (request.headers['x-of'] !== undefined) notifyAbout('told.middleware', { of: request.headers['x-of'] });
    next();
  }
}

/** Knows the user from here on, after some time. */
@Injectable()
export class UserGuard implements CanActivate {
  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<ImageRequest>();
    notifyAbout('told.guard', { of: request.headers['x-of'] });
    await sleep(Math.random() * 3);
    request.user = { id: `user-of-${request.headers['x-of']}` };
    if (request.headers['x-of'] === 'guard-fault') throw new Error('the guard is asleep');
    return true;
  }
}

@Injectable()
export class TellingInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    notifyAbout('told.interceptor', { of: execution.switchToHttp().getRequest<ImageRequest>().headers['x-of'] });
    return next.handle();
  }
}

@Injectable()
export class Images {
  constructor(
    private readonly notifier: Notifier,
    @InjectNotifier('audit') private readonly audit: Notifier,
  ) {}

  @StartEnd('images.read', {
    payload: { start: ({ args: [of] }) => ({ of }), end: ({ args: [of] }) => ({ of }) },
  })
  async read(of: string): Promise<string> {
    await sleep(Math.random() * 3);
    notifyAbout('told.service', { of });
    setImmediate(() => notifyAbout('told.later', { of }));
    await Promise.resolve();
    return of;
  }

  remove(id: string): void {
    this.notifier.info('image.delete', { id });
    this.audit.audit('image.delete', { id });
  }
}

/** A new one for each request, which makes all that depends on it so too. */
@Injectable({ scope: Scope.REQUEST })
export class RequestScoped {
  @Notifies('told.request_scoped', { payload: ({ args: [of] }) => ({ of }) })
  tell(of: string): string {
    return of;
  }
}

@Injectable({ scope: Scope.TRANSIENT })
export class Transient {
  @Notifies('told.transient', { payload: ({ args: [of] }) => ({ of }) })
  tell(of: string): string {
    return of;
  }
}

/** The service's own rule for what its store says: no fault. */
class NoRows extends Error {}

@Catch(NoRows)
class NoRowsFilter implements ExceptionFilter {
  catch(_error: NoRows, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse();
    const answer = new HttpException('no such image', 404);
    if (typeof response.code === 'function') response.code(404).send(answer.getResponse());
    else response.status(404).json(answer.getResponse());
  }
}

@Controller('images')
@UseGuards(UserGuard)
export class ImagesController {
  constructor(@Inject(Images) private readonly images: Images) {}

  @UseInterceptors(TellingInterceptor)
  @Get('read')
  @Notifies('told.handler', { payload: ({ args: [request] }) => ({ of: request.headers['x-of'] }) })
  async read(@Req() request: ImageRequest): Promise<{ of: string }> {
    return { of: await this.images.read(request.headers['x-of'] as string) };
  }

  @UseInterceptors(TellingInterceptor)
  @Post('create')
  @Notifies('told.handler', { payload: ({ args: [body] }) => ({ of: body.of }) })
  async create(@Body() body: { readonly of: string }): Promise<{ of: string }> {
    return { of: await this.images.read(body.of) };
  }

  @Get('file')
  @Notifies('told.file', { payload: ({ bytes }) => ({ bytes }) })
  file(): StreamableFile {
    return new StreamableFile(Buffer.alloc(70_000));
  }

  @Get('remove/:id')
  remove(@Param('id') id: string): string {
    this.images.remove(id);
    return id;
  }
}

@Controller('scoped')
export class ScopedController {
  constructor(
    private readonly scoped: RequestScoped,
    private readonly transient: Transient,
  ) {}

  @Get()
  tell(@Query('of') of: string): string {
    return this.transient.tell(this.scoped.tell(of));
  }
}

@Controller('faults')
@UseFilters(NoRowsFilter)
export class FaultsController {
  @Get('handler')
  handler(): never {
    throw new Error('disk on fire: password=hunter2');
  }

  @Get('missing')
  missing(): never {
    throw new NotFoundException('no such image');
  }

  @Get('filtered')
  filtered(): never {
    throw new NoRows('no rows');
  }

  @Get('unavailable')
  unavailable(): never {
    throw new ServiceUnavailableException('try later');
  }

  @Get('guard')
  @UseGuards(UserGuard)
  guard(): string {
    return 'never';
  }

  /** Answers when the client has gone. */
  @Get('slow')
  async slow(): Promise<never> {
    await sleep(200);
    throw new Error('too late');
  }
}
