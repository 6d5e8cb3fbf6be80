// Starts the application, asks it for each of its routes, and prints what came back and what was told, as JSON.
import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { configureNotifications } from 'tidings';
import { MemoryDriver } from 'tidings/drivers/memory';
import { Gallery } from './gallery.js';

const READER = { 'x-role': 'reader', 'x-user': 'alice' };

const REQUESTS: Record<string, RequestInit> = {
  '/single/below/7': { headers: READER },
  '/single/above/7': { headers: READER },
  '/single/between/7': { headers: READER },
  '/single/composed/7': { headers: READER },
  '/single/below/8': {},
  '/single/above/8': {},
  '/single/between/8': {},
  '/single/composed/8': {},
  '/single/below/seven': { headers: READER },
  '/single/below/404': { headers: READER },
  '/single/between/404': { headers: READER },
  '/single/below/500': { headers: READER },
  '/single/between/500': { headers: READER },
  '/single/observable/7': {},
  '/single/file/7': {},
  '/single/intercepted/7': {},
  '/single': { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"cirros"}' },
  '/outside/7': { headers: READER },
  '/outside/8': {},
  '/inside/7': {},
};

const memory = new MemoryDriver();
const notifier = configureNotifications({ drivers: [memory] });

/** What was told since it was asked for last: the payload only where it says something. */
async function told(): Promise<string[]> {
  await notifier.flush();
  const lines = memory.notifications.map(({ priority, eventType, payload }) => {
    const text = JSON.stringify(payload);
    return `${priority} ${eventType}${text === '{}' ? '' : ` ${text}`}`;
  });
  memory.clear();
  return lines;
}

async function ask(url: string, init: RequestInit): Promise<object> {
  const response = await fetch(url, init);
  const body = await response.json();
  const queue = response.headers.get('x-queue');
  // Of an error only what it is.
  return {
    status: response.status,
    body: response.ok ? body : undefined,
    queue: queue ?? undefined,
    told: await told(),
  };
}

async function main(): Promise<void> {
  const app: INestApplication = await NestFactory.create(Gallery, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const answers: Record<string, object> = { start: await told() };
  for (const [path, init] of Object.entries(REQUESTS)) answers[path] = await ask(`${await app.getUrl()}${path}`, init);
  await app.close();
  answers.stop = await told();
  console.log(JSON.stringify(answers));
}

void main();
