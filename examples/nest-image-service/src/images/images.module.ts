import { Module } from '@nestjs/common';
import { DataStore } from './data-store.js';
import { ImagesController } from './images.controller.js';
import { ImagesService } from './images.service.js';

@Module({ controllers: [ImagesController], providers: [ImagesService, DataStore] })
export class ImagesModule {}
