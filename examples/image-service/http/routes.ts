import { ConflictError } from '../errors.js';
import type { ImageData } from '../images/image-data.js';
import { imageView } from '../images/image-record.js';
import type { Images } from '../images/images.js';
import type { Members } from '../images/members.js';
import type { Tasks } from '../tasks/tasks.js';
import { announcedBytes, bodyOf, type Exchange, readJson, sendJson } from './exchange.js';
import { parseRange } from './range.js';
import { type Route, route } from './router.js';

export interface Parts {
  readonly images: Images;
  readonly imageData: ImageData;
  readonly members: Members;
  readonly tasks: Tasks;
}

/** The part of Glance's API version 2 that this service has. */
export function routesOf(parts: Parts): readonly Route[] {
  return [...imageRoutes(parts), ...dataRoutes(parts), ...memberRoutes(parts), ...taskRoutes(parts)];
}

function imageRoutes({ images }: Parts): Route[] {
  return [
    route('POST', '/v2/images', async ({ request, response, caller }) => {
      const image = await images.create(await readJson(request), caller);
      sendJson(response, 201, imageView(image), { Location: `/v2/images/${image.id}` });
    }),
    route('GET', '/v2/images', async ({ response, caller }) => {
      sendJson(response, 200, { images: images.list(caller).map(imageView) });
    }),
    route('GET', '/v2/images/:id', async ({ response, caller }, { id }) => {
      sendJson(response, 200, imageView(images.show(id, caller)));
    }),
    route('PATCH', '/v2/images/:id', async ({ request, response, caller }, { id }) => {
      sendJson(response, 200, imageView(await images.update(id, await readJson(request), caller)));
    }),
    route('DELETE', '/v2/images/:id', async ({ response, caller }, { id }) => {
      await images.delete(id, caller);
      response.writeHead(204).end();
    }),
  ];
}

function dataRoutes({ images, imageData }: Parts): Route[] {
  return [
    route('PUT', '/v2/images/:id/file', async ({ request, response, caller }, { id }) => {
      await imageData.upload(id, bodyOf(request), caller, announcedBytes(request));
      response.writeHead(204).end();
    }),
    route('GET', '/v2/images/:id/file', async (exchange, { id }) => {
      await download(exchange, images, imageData, id);
    }),
  ];
}

async function download({ request, response, caller }: Exchange, images: Images, imageData: ImageData, id: string) {
  const image = images.show(id, caller);
  if (image.size === null) throw new ConflictError(`image ${id} is ${image.status}: it has no data yet`);
  const { size } = image;
  const part = parseRange(request.headers.range, size);
  const range = part ?? { start: 0, end: size - 1 };

  await imageData.send(image, range, caller, () =>
    response.writeHead(part === undefined ? 200 : 206, {
      'Accept-Ranges': 'bytes',
      'Content-Type': 'application/octet-stream',
      'Content-Length': range.end - range.start + 1,
      ...(part !== undefined && { 'Content-Range': `bytes ${part.start}-${part.end}/${size}` }),
      ETag: `"${image.checksum}"`,
    }),
  );
}

function memberRoutes({ members }: Parts): Route[] {
  return [
    route('POST', '/v2/images/:id/members', async ({ request, response, caller }, { id }) => {
      const { member } = await readJson(request);
      sendJson(response, 200, await members.create(id, member, caller));
    }),
    route('GET', '/v2/images/:id/members', async ({ response, caller }, { id }) => {
      sendJson(response, 200, { members: members.list(id, caller) });
    }),
    route('GET', '/v2/images/:id/members/:member', async ({ response, caller }, { id, member }) => {
      sendJson(response, 200, members.show(id, member, caller));
    }),
    route('PUT', '/v2/images/:id/members/:member', async ({ request, response, caller }, { id, member }) => {
      const { status } = await readJson(request);
      sendJson(response, 200, await members.update(id, member, status, caller));
    }),
    route('DELETE', '/v2/images/:id/members/:member', async ({ response, caller }, { id, member }) => {
      await members.delete(id, member, caller);
      response.writeHead(204).end();
    }),
  ];
}

function taskRoutes({ tasks }: Parts): Route[] {
  return [
    route('POST', '/v2/tasks', async ({ request, response, caller }) => {
      const task = await tasks.create(await readJson(request), caller);
      tasks.start(task, caller);
      sendJson(response, 202, task, { Location: `/v2/tasks/${task.id}` });
    }),
    route('GET', '/v2/tasks/:id', async ({ response, caller }, { id }) => {
      sendJson(response, 200, tasks.show(id, caller));
    }),
  ];
}
