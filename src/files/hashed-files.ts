import { randomUUID, webcrypto } from 'node:crypto';
import { open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { createFolder, ownerOnly } from './create-folder.ts';

/** A file's beginning: what it is, and the layout that follows. */
const magic = Buffer.from('TRIMTAB1');
const prefixBytes = magic.length + 4;
const digestBytes = 32;

/** Bytes of a head at most: what is above was not written here. */
const mostHeadBytes = 2 ** 24;

const extension = '.kept';

/** Names of files, from which no other place can be reached. */
const namePattern = /^[A-Za-z0-9][\w.-]{0,199}$/;

export interface HashedFilesOptions {
  /** Created when something is written; nobody else may read it. */
  readonly folder: string;
  /** Bytes of all files together; those that were used longest ago go. */
  readonly maxBytes: number;
}

/** What a file holds: a head of JSON, and bytes. */
export interface HashedFile {
  readonly head: unknown;
  readonly data: Uint8Array;
}

/**
 * Files that are written whole, checked by their SHA-256 when they are read, and bounded together. What is not as it was
 * written is as if it were not there.
 */
export class HashedFiles {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor({ folder, maxBytes }: HashedFilesOptions) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** A file's head, not checked yet: whether the file is wanted at all. `undefined` where there is none. */
  async head(name: string): Promise<unknown> {
    const handle = await this.#open(name);
    if (handle === undefined) return undefined;
    try {
      const prefix = await readBytes(handle, 0, prefixBytes);
      const length = headLength(prefix);
      if (length === undefined) return undefined;
      const head = await readBytes(handle, prefixBytes, length);
      return head.length === length ? parse(head) : undefined;
    } finally {
      await handle.close();
    }
  }

  /** A file as it was written; `undefined` where there is none, or another. */
  async read(name: string): Promise<HashedFile | undefined> {
    const handle = await this.#open(name);
    if (handle === undefined) return undefined;
    try {
      const { size } = await handle.stat();
      if (size > this.#most) return undefined;
      const bytes = await readBytes(handle, 0, size);
      const length = headLength(bytes);
      const end = size - digestBytes;
      if (length === undefined || prefixBytes + length > end || bytes.length < size)
        return undefined;
      const digest = await sha256(bytes.subarray(0, end));
      if (!digest.equals(bytes.subarray(end))) return undefined;
      const head = parse(bytes.subarray(prefixBytes, prefixBytes + length));
      const now = new Date();
      await utimes(this.#place(name), now, now).catch(() => undefined);
      return { head, data: bytes.subarray(prefixBytes + length, end) };
    } finally {
      await handle.close();
    }
  }

  /** Writes a file in place of one of its name. @returns Whether there is room for it. @throws The file system's error */
  async write(name: string, { head, data }: HashedFile): Promise<boolean> {
    const text = Buffer.from(JSON.stringify(head));
    const prefix = Buffer.alloc(prefixBytes);
    magic.copy(prefix);
    prefix.writeUInt32LE(text.length, magic.length);
    const bytes = Buffer.concat([prefix, text, data]);
    if (bytes.length + digestBytes > this.#most) return false;
    const place = this.#place(name);
    createFolder(this.#folder, ownerOnly);
    const part = `${place}.${randomUUID()}.part`;
    try {
      {
        await using handle = await open(part, 'wx', 0o600);
        await handle.writeFile(bytes);
        await handle.writeFile(await sha256(bytes));
        await handle.sync();
      }
      await rename(part, place);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await this.#bound();
    return true;
  }

  /** Names of the files that there are. */
  async names(): Promise<string[]> {
    const entries = await readdir(this.#folder).catch(() => []);
    return entries
      .filter((entry) => entry.endsWith(extension))
      .map((entry) => entry.slice(0, -extension.length));
  }

  /** Deletes those whose name fits. @throws The file system's error */
  async delete(fits: (name: string) => boolean): Promise<void> {
    for (const name of await this.names()) {
      if (fits(name)) await rm(this.#place(name), { force: true });
    }
  }

  /** Deletes what was used longest ago, until the others are within their bound, and what was never whole. */
  async #bound(): Promise<void> {
    const files: { place: string; bytes: number; usedAt: number }[] = [];
    for (const entry of await readdir(this.#folder)) {
      const place = path.join(this.#folder, entry);
      const found = await stat(place).catch(() => undefined);
      if (found === undefined) continue;
      const isLeft = entry.endsWith('.part') && Date.now() - found.mtimeMs > abandonedMs;
      if (isLeft) await rm(place, { force: true });
      else if (entry.endsWith(extension)) {
        files.push({ place, bytes: found.size, usedAt: found.mtimeMs });
      }
    }
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.toSorted((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= this.#maxBytes) return;
      await rm(file.place, { force: true });
      bytes -= file.bytes;
    }
  }

  /** Bytes of one file. */
  get #most(): number {
    return Math.min(this.#maxBytes, 2 ** 31 - 1); // what one call reads
  }

  async #open(name: string): Promise<FileHandle | undefined> {
    if (!namePattern.test(name)) return undefined;
    return open(this.#place(name), 'r').catch(() => undefined);
  }

  #place(name: string): string {
    if (!namePattern.test(name))
      throw new RangeError(`${JSON.stringify(name)} is no name of a file.`);
    return path.join(this.#folder, name + extension);
  }
}

/** Milliseconds after which nobody writes a part any more. */
const abandonedMs = 3600 * 1000;

async function readBytes(
  handle: FileHandle,
  from: number,
  length: number,
): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, from);
  return buffer.subarray(0, bytesRead);
}

/** Of a file's beginning; `undefined` where it is of no such file. */
function headLength(bytes: Buffer): number | undefined {
  if (bytes.length < prefixBytes || !bytes.subarray(0, magic.length).equals(magic))
    return undefined;
  const length = bytes.readUInt32LE(magic.length);
  return length <= mostHeadBytes ? length : undefined;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** On a thread of its own: others are served meanwhile. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Buffer> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes));
}
