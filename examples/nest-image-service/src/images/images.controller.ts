import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  Put,
  Req,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { type CallOf, Notifies } from 'tidings';
import { TokenGuard } from '../auth/token.guard.js';
import { CreateImage, type Image } from './image.js';
import { ImagesService } from './images.service.js';

@Controller('images')
@UseGuards(TokenGuard)
export class ImagesController {
  constructor(private readonly images: ImagesService) {}

  @Post()
  create(@Body() image: CreateImage): Image {
    return this.images.create(image);
  }

  @Get(':id')
  get(@Param('id', ParseUUIDPipe) id: string): Image {
    return this.images.get(id);
  }

  @Put(':id/data')
  @HttpCode(204)
  async upload(@Param('id', ParseUUIDPipe) id: string, @Req() request: AsyncIterable<Buffer>): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    await this.images.upload(id, Buffer.concat(chunks));
  }

  /** Told when the data has left, with as many bytes as have. */
  @Get(':id/data')
  @Header('content-type', 'application/octet-stream')
  @Notifies('image.send', {
    payload: ({ args: [id], bytes }: CallOf<ImagesController['send']>) => ({ image_id: id, bytes_sent: bytes }),
  })
  send(@Param('id', ParseUUIDPipe) id: string): StreamableFile {
    return new StreamableFile(this.images.data(id));
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id', ParseUUIDPipe) id: string): void {
    this.images.remove(id);
  }
}
