import { createReadStream } from 'node:fs';
import { access, constants, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { BadRequestError } from '../errors.js';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Opens what a task imports. Whoever may import names files and URLs that this machine then reads for him, so only one
 * directory and only this machine's own web servers are open to him.
 */
export async function openSource(from: string, directory: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  return /^https?:/.test(from) ? openUrl(from) : openFile(from, directory);
}

async function openUrl(from: string): Promise<AsyncIterable<Uint8Array>> {
  const url = URL.canParse(from) ? new URL(from) : undefined;
  if (url?.protocol !== 'http:' || !LOOPBACK.includes(url.hostname)) {
    throw new BadRequestError('import_from may be an http URL of this machine, and no other');
  }
  // A redirect could lead off this machine.
  const response = await fetch(url, { redirect: 'error' });
  if (!response.ok || response.body === null) throw new BadRequestError(`import_from answered ${response.status}`);
  return response.body;
}

async function openFile(from: string, directory: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  if (directory === undefined) throw new BadRequestError('this service imports no files');
  try {
    const path = await realpath(resolve(directory, from));
    const inside = relative(await realpath(directory), path);
    if (inside.startsWith('..') || isAbsolute(inside)) throw new Error('outside');
    await access(path, constants.R_OK);
    return lazily(path);
  } catch (error) {
    throw new BadRequestError('import_from names no file of the import directory', { cause: error });
  }
}

/** Opens the file when it is read, so that a task which fails before that leaves no file open. */
async function* lazily(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}
