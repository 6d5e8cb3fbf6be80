import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Ask, Client } from './client.js';

export interface ScenarioOptions {
  readonly client: Client;
  readonly file: { readonly name: string; readonly size: number; read(): AsyncIterable<Uint8Array> };
  readonly maxImageBytes: number;
  /** Runs `work` while the service cannot store anything. */
  readonly withBrokenStore: (work: () => Promise<void>) => Promise<void>;
  readonly say: (what: string) => void;
}

const LARGE_IMAGE_BYTES = 32 * 1024 * 1024;

/** What a user and his neighbour do with an image service in a minute: most of it right, some of it wrong. */
export async function playScenario({
  client,
  file,
  maxImageBytes,
  withBrokenStore,
  say,
}: ScenarioOptions): Promise<void> {
  const alice = client.as('alice', 'project-a');
  const bob = client.as('bob', 'project-b');
  const fields = { disk_format: 'raw', container_format: 'bare' };

  say(`Alice creates an image, and uploads ${file.name} (${file.size} bytes) to it`);
  const image = await create(alice, { name: file.name, ...fields });
  await expect(204, alice, 'PUT', `${image}/file`, { body: file.read() });

  say('She looks at it, and gives it another name');
  await expect(200, alice, 'GET', image);
  await expect(200, alice, 'PATCH', image, { json: { name: 'renamed', properties: { os_distro: 'linux' } } });

  say('She shares it with the project of Bob, who accepts and downloads it');
  await expect(200, alice, 'POST', `${image}/members`, { json: { member: 'project-b' } });
  await expect(200, bob, 'PUT', `${image}/members/project-b`, { json: { status: 'accepted' } });
  await expect(200, bob, 'GET', `${image}/file`);
  await expect(206, bob, 'GET', `${image}/file`, { headers: { Range: 'bytes=0-99' } });
  await expect(204, alice, 'DELETE', `${image}/members/project-b`);

  say('She uploads a large image, and goes away in the middle of its download');
  const large = await create(alice, { name: 'large', ...fields });
  await expect(204, alice, 'PUT', `${large}/file`, { body: noise(LARGE_IMAGE_BYTES) });
  await expect(200, alice, 'GET', `${large}/file`, { cutAfter: 1024 * 1024 });
  // The service notices it a moment later.
  await sleep(50);

  say('Wrong requests: an unknown image, a second upload, an image that is too large');
  await expect(404, alice, 'GET', '/v2/images/nothing');
  await expect(409, alice, 'PUT', `${image}/file`, { body: file.read() });
  const empty = await create(alice, { name: 'empty', ...fields });
  const tooMuch = { 'Content-Length': maxImageBytes + 1, Connection: 'close' };
  await expect(413, alice, 'PUT', `${empty}/file`, { headers: tooMuch });

  say("The disk fails during an upload: that is the service's fault, not hers");
  await withBrokenStore(async () => {
    await expect(503, alice, 'PUT', `${empty}/file`, { body: file.read() });
  });

  say('An import that succeeds, and one of a file that is not there');
  await importFrom(alice, file.name, 'success');
  await importFrom(alice, 'no-such-file', 'failure');

  say('She tidies up');
  for (const path of [image, large, empty]) await expect(204, alice, 'DELETE', path);
}

async function create(client: Client, json: object): Promise<string> {
  const { body } = await expect(201, client, 'POST', '/v2/images', { json });
  return `/v2/images/${JSON.parse(body.toString()).id}`;
}

async function importFrom(client: Client, file: string, outcome: 'success' | 'failure'): Promise<void> {
  const json = { type: 'import', input: { import_from: file, image_properties: { name: 'imported' } } };
  const { body } = await expect(202, client, 'POST', '/v2/tasks', { json });
  const { id } = JSON.parse(body.toString());
  for (;;) {
    const answer = await expect(200, client, 'GET', `/v2/tasks/${id}`);
    const { status } = JSON.parse(answer.body.toString());
    if (status === outcome) return;
    if (status === 'success' || status === 'failure') throw new Error(`the import ended with ${status}`);
    await sleep(20);
  }
}

async function expect(status: number, client: Client, method: string, path: string, ask?: Ask): Promise<Answer> {
  const answer = await client.ask(method, path, ask);
  if (answer.status === status) return answer;
  throw new Error(`${method} ${path} was answered with ${answer.status}, not ${status}: ${answer.body}`);
}

async function* noise(bytes: number): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(1024 * 1024, 'tidings ');
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}
