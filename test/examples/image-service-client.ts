import { request } from 'node:http';
import type { Logged } from './image-service-process.js';

export const ALICE = { 'X-User-Id': 'alice', 'X-Project-Id': 'project-a' };
export const BOB = { 'X-User-Id': 'bob', 'X-Project-Id': 'project-b' };
export const DATA = Buffer.alloc(200_000, 'image data ');

export interface ShownImage {
  readonly [field: string]: unknown;
}

/** Alice, unless other headers say so. */
export class ImageClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = ALICE): Promise<Response> {
    const raw = body === undefined || body instanceof Buffer ? body : JSON.stringify(body);
    return fetch(`${this.url}${path}`, {
      method,
      headers,
      body: (raw ?? null) as NonNullable<RequestInit['body']> | null,
    });
  }

  async create(fields: object = {}): Promise<string> {
    const response = await this.ask('POST', '/v2/images', { disk_format: 'raw', ...fields });
    if (response.status !== 201) throw new Error(`create: ${response.status}`);
    return ((await response.json()) as { id: string }).id;
  }

  async createActive(data = DATA): Promise<string> {
    const id = await this.create();
    const { status } = await this.ask('PUT', `/v2/images/${id}/file`, data);
    if (status !== 204) throw new Error(`upload: ${status}`);
    return id;
  }

  async show(id: string): Promise<ShownImage> {
    return (await (await this.ask('GET', `/v2/images/${id}`)).json()) as ShownImage;
  }

  /** Announces a body, sends some of it and goes away; resolves with the status, 0 when there was no answer. */
  announce(id: string, bytes: number, some?: Buffer): Promise<number> {
    return new Promise((resolve) => {
      const headers = { ...ALICE, 'Content-Length': bytes, Connection: 'close' };
      const outgoing = request(`${this.url}/v2/images/${id}/file`, { method: 'PUT', headers }, (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
      outgoing.on('error', () => resolve(0));
      if (some === undefined) outgoing.flushHeaders();
      else outgoing.write(some, () => setTimeout(() => outgoing.destroy(), 50));
    });
  }
}

/** True for the notifications about one image. */
export function about(id: string): (notification: Logged) => boolean {
  return ({ payload }) => typeof payload === 'object' && (payload.id === id || payload.image_id === id);
}
