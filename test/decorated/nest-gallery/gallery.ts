// A Nest application whose classes are decorated in every order. Compiled against each version of Nest that is supported.
import {
  applyDecorators,
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Header,
  HttpCode,
  Injectable,
  Module,
  type NestInterceptor,
  NotFoundException,
  Param,
  ParseIntPipe,
  type PipeTransform,
  Post,
  SetMetadata,
  StreamableFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { delay, map, type Observable, of } from 'rxjs';
import { Notifies, NotifiesAll, SkipNotifications, StartEnd } from 'tidings';

interface Image {
  readonly id: number;
  readonly name: string;
}

class NewImage {
  name = '';
}

const User = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  return context.switchToHttp().getRequest().headers['x-user'];
});

/** Reads metadata of the handler, as guards do. */
@Injectable()
class RoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const role = this.reflector.get<string>('role', context.getHandler());
    return context.switchToHttp().getRequest().headers['x-role'] === role;
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((id: number) => ({ doubled: 2 * id })));
  }
}

/** Makes the object that the parameter's type says, which Nest reads from what the compiler emits. */
class Typed implements PipeTransform {
  transform(value: object, { metatype }: { metatype?: new () => object }): object {
    return Object.assign(new (metatype ?? Object)(), value);
  }
}

@Injectable()
class Names {
  of(id: number): string {
    return `image ${id}`;
  }
}

@NotifiesAll('images')
@Injectable()
class Images {
  initialized = 0;

  constructor(private readonly names: Names) {}

  onModuleInit(): void {
    this.initialized += 1;
  }

  find(id: number): Image {
    if (id === 404) throw new NotFoundException(`no image ${id}`);
    if (id === 500) throw new Error('disk on fire');
    return { id, name: this.names.of(id) };
  }

  @StartEnd('images.import')
  async import({ name }: NewImage): Promise<Image> {
    return { id: this.initialized, name };
  }

  @SkipNotifications()
  quietly(id: number): number {
    return id;
  }

  onModuleDestroy(): void {}
}

@Controller('single')
class SingleController {
  constructor(private readonly images: Images) {}

  @Get('below/:id')
  @UseGuards(RoleGuard)
  @SetMetadata('role', 'reader')
  @Notifies('single.below')
  below(@Param('id', ParseIntPipe) id: number, @User() user: string): object {
    return { ...this.images.find(id), user };
  }

  @Notifies('single.above')
  @Get('above/:id')
  @UseGuards(RoleGuard)
  @SetMetadata('role', 'reader')
  above(@Param('id', ParseIntPipe) id: number, @User() user: string): object {
    return { ...this.images.find(id), user };
  }

  @SetMetadata('role', 'reader')
  @Get('between/:id')
  @Notifies('single.between')
  @UseGuards(RoleGuard)
  async between(@Param('id', ParseIntPipe) id: number, @User() user: string): Promise<object> {
    return { ...this.images.find(id), user };
  }

  @Get('observable/:id')
  @Notifies('single.observable', { payload: ({ items }) => ({ items }) })
  observable(@Param('id', ParseIntPipe) id: number): Observable<Image> {
    return of(this.images.find(id)).pipe(delay(1));
  }

  @applyDecorators(
    Get('composed/:id'),
    Notifies('single.composed'),
    UseGuards(RoleGuard),
    SetMetadata('role', 'reader'),
  )
  composed(@Param('id', ParseIntPipe) id: number, @User() user: string): object {
    return { ...this.images.find(id), user };
  }

  @UseInterceptors(Doubling)
  @Notifies('single.intercepted')
  @Get('intercepted/:id')
  intercepted(@Param('id', ParseIntPipe) id: number): number {
    return this.images.quietly(id);
  }

  @Get('file/:id')
  @Header('content-type', 'application/json')
  @Notifies('single.file', { payload: ({ bytes, cancelled }) => ({ bytes, cancelled }) })
  async file(@Param('id', ParseIntPipe) id: number): Promise<StreamableFile> {
    return new StreamableFile(Buffer.from(JSON.stringify([id])));
  }

  @Notifies('single.create')
  @Post()
  @HttpCode(202)
  @Header('x-queue', 'imports')
  async create(@Body(Typed) image: NewImage): Promise<object> {
    return { ...(await this.images.import(image)), isNewImage: image instanceof NewImage };
  }
}

@NotifiesAll('outside')
@Controller('outside')
class OutsideController {
  @Get(':id')
  @UseGuards(RoleGuard)
  @SetMetadata('role', 'reader')
  getById(@Param('id', ParseIntPipe) id: number): number {
    return id;
  }
}

@Controller('inside')
@NotifiesAll('inside')
class InsideController {
  constructor(private readonly images: Images) {}

  @Get(':id')
  getById(@Param('id', ParseIntPipe) id: number): number {
    return this.images.quietly(id);
  }
}

@Module({ controllers: [SingleController, OutsideController, InsideController], providers: [Images, Names] })
export class Gallery {}
