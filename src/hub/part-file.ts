import { createHash, type Hash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';

import type { HubFile } from './hub-client.ts';

/** Bytes that are read at once. */
const blockBytes = 2 ** 20;

/** A file that grows, and the hash of what it holds. */
export class PartFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #file: HubFile;
  #hash: Hash;
  #bytes = 0;

  private constructor(handle: FileHandle, file: HubFile) {
    this.#handle = handle;
    this.#file = file;
    this.#hash = newHash(file);
  }

  /** Opens what has come of a file so far, and reads it; one that is longer than the file begins anew. */
  static async open(path: string, file: HubFile, signal?: AbortSignal): Promise<PartFile> {
    const handle = await open(path, 'r+').catch(() => open(path, 'w+'));
    try {
      const part = new PartFile(handle, file);
      const { size } = await handle.stat();
      if (size > file.bytes) await part.restart();
      else await part.#read(size, signal);
      return part;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that a file holds; 0 if there is none. */
  static async size(path: string): Promise<number> {
    return (await stat(path).catch(() => null))?.size ?? 0;
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      const rest = chunk.subarray(written);
      const { bytesWritten } = await this.#handle.write(rest, 0, rest.length, this.#bytes);
      this.#hash.update(rest.subarray(0, bytesWritten));
      this.#bytes += bytesWritten;
      written += bytesWritten;
    }
  }

  /** Forgets what it holds. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = newHash(this.#file);
    this.#bytes = 0;
  }

  /** Whether it holds the file that was announced. Nothing can be appended afterwards. */
  isWhole(): boolean {
    return this.#bytes === this.#file.bytes && this.#hash.digest('hex') === this.#file.etag;
  }

  /** Waits until the disk has it. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #read(size: number, signal: AbortSignal | undefined): Promise<void> {
    const block = Buffer.alloc(Math.min(size, blockBytes));
    while (this.#bytes < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await this.#handle.read(block, 0, block.length, this.#bytes);
      if (bytesRead === 0) return;
      this.#hash.update(block.subarray(0, bytesRead));
      this.#bytes += bytesRead;
    }
  }
}

/** Small files are told by git's hash, large ones by SHA-256. */
function newHash({ etag, bytes }: HubFile): Hash {
  return etag.length === 40 ? createHash('sha1').update(`blob ${bytes}\0`) : createHash('sha256');
}
