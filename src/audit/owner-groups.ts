import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Described } from './exists-resource.js';

/** The resources of one owner, or a part of them, which fit into one message. */
export interface OwnerPart {
  /** JSON: text, or `null`. */
  readonly owner: string;
  /** From 1. */
  readonly part: number;
  /** How many parts this owner has. */
  readonly parts: number;
  /** Each as JSON. */
  readonly resources: readonly string[];
}

/** What an owner has so far: how many parts are full, and how large the one is that is not. */
interface Extent {
  parts: number;
  bytes: number;
}

/** On disk each owner's resources are in one of so many files, which are read one after the other. */
const FILES = 128;
/** What an entry costs beside its text, about. */
const ENTRY_BYTES = 64;

/**
 * Gathers resources by their owners, in whatever order they come. What is more than `memoryBytes` is kept in temporary
 * files, so that a million resources need about that much memory and their size on disk. How many parts an owner has is
 * only known when all were seen: nothing can be told before.
 */
export class OwnerGroups {
  readonly #memoryBytes: number;
  readonly #partBytes: number;
  readonly #parent: string;
  #groups = new Map<string, Described[]>();
  #held = 0;
  #directory: string | undefined;
  readonly #files: (FileHandle | undefined)[] = [];
  #owners = 0;

  /** `partBytes`: the most that one message has room for. */
  constructor(memoryBytes: number, partBytes: number, temporaryDirectory: string = tmpdir()) {
    this.#memoryBytes = memoryBytes;
    this.#partBytes = partBytes;
    this.#parent = temporaryDirectory;
  }

  /** How many owners there are; known when all parts were given out. */
  get owners(): number {
    return this.#owners;
  }

  /** Rejects when the disk fails. Resolves when there is room for more. */
  add(resource: Described): Promise<void> | undefined {
    const group = this.#groups.get(resource.owner);
    if (group === undefined) this.#groups.set(resource.owner, [resource]);
    else group.push(resource);
    this.#held += resource.json.length + resource.owner.length + ENTRY_BYTES;
    return this.#held > this.#memoryBytes ? this.#spill() : undefined;
  }

  /** Gives out all parts, those of one owner in their order. Call it once. */
  async *parts(): AsyncGenerator<OwnerPart> {
    if (this.#directory === undefined) {
      yield* this.#partsInMemory();
      return;
    }
    await this.#spill();
    for (const [index, file] of this.#files.entries()) {
      if (file === undefined) continue;
      this.#files[index] = undefined;
      await file.close();
      const path = join(this.#directory, String(index));
      yield* this.#partsOnDisk(path);
      await rm(path, { force: true });
    }
  }

  /** Removes what is on disk. */
  async dispose(): Promise<void> {
    this.#groups.clear();
    for (const file of this.#files) await file?.close().catch(() => undefined);
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  *#partsInMemory(): Generator<OwnerPart> {
    for (const [owner, resources] of this.#groups) {
      this.#owners += 1;
      const extent: Extent = { parts: 0, bytes: 0 };
      for (const { bytes } of resources) this.#grow(extent, bytes);
      const open = new OpenPart(owner, extent.parts + 1);
      for (const { json, bytes } of resources) {
        if (this.#grow(open.extent, bytes)) yield open.take();
        open.resources.push(json);
      }
      yield open.take();
      this.#groups.delete(owner);
    }
  }

  /** Reads one file twice: to know how many parts each owner has, and to give them out. */
  async *#partsOnDisk(path: string): AsyncGenerator<OwnerPart> {
    const extents = new Map<string, Extent>();
    for await (const { owner, bytes } of resourcesIn(path)) {
      const extent = extents.get(owner) ?? { parts: 0, bytes: 0 };
      this.#grow(extent, bytes);
      extents.set(owner, extent);
    }
    this.#owners += extents.size;
    const open = new Map<string, OpenPart>();
    for await (const { owner, json, bytes } of resourcesIn(path)) {
      const part = open.get(owner) ?? new OpenPart(owner, (extents.get(owner)?.parts ?? 0) + 1);
      if (this.#grow(part.extent, bytes)) yield part.take();
      part.resources.push(json);
      open.set(owner, part);
    }
    for (const part of open.values()) yield part.take();
  }

  /** Adds a resource to the part that is not full; true where it began a new one. */
  #grow(extent: Extent, bytes: number): boolean {
    const isFull = extent.bytes > 0 && extent.bytes + bytes > this.#partBytes;
    if (isFull) extent.parts += 1;
    extent.bytes = (isFull ? 0 : extent.bytes) + bytes;
    return isFull;
  }

  async #spill(): Promise<void> {
    const groups = this.#groups;
    this.#groups = new Map();
    this.#held = 0;
    // mkdtemp makes a directory that nobody else can read.
    this.#directory ??= await mkdtemp(join(this.#parent, 'tidings-exists-'));
    const lines = new Map<number, string[]>();
    for (const [owner, resources] of groups) {
      const index = hash(owner) % FILES;
      const own = lines.get(index) ?? [];
      for (const { json, bytes } of resources) own.push(`${bytes} ${owner}\n${json}\n`);
      lines.set(index, own);
    }
    for (const [index, own] of lines) {
      this.#files[index] ??= await open(join(this.#directory, String(index)), 'ax', 0o600);
      await this.#files[index].appendFile(own.join(''));
    }
  }
}

class OpenPart {
  readonly owner: string;
  readonly parts: number;
  readonly extent: Extent = { parts: 0, bytes: 0 };
  resources: string[] = [];
  #taken = 0;

  constructor(owner: string, parts: number) {
    this.owner = owner;
    this.parts = parts;
  }

  take(): OwnerPart {
    const { owner, parts, resources } = this;
    this.resources = [];
    this.#taken += 1;
    return { owner, part: this.#taken, parts, resources };
  }
}

/** JSON has no line's end inside of it, so each resource is two lines: its size and its owner, then itself. */
async function* resourcesIn(path: string): AsyncGenerator<Described> {
  let head: string | undefined;
  let rest = '';
  // Not readline, which also ends a line where JSON text has U+2028.
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (head === undefined) {
        head = line;
        continue;
      }
      const space = head.indexOf(' ');
      yield { owner: head.slice(space + 1), json: line, bytes: Number(head.slice(0, space)) };
      head = undefined;
    }
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
