import path from 'node:path';

import type { ProfileStore } from '../../store/index.ts';

/** The store of a folder, opened when it is first needed, and again if that failed. */
export class LazyStore implements AsyncDisposable {
  readonly #folder: string;
  #opening: Promise<ProfileStore> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws StoreError if its file cannot be had. */
  async get(): Promise<ProfileStore> {
    this.#opening ??= this.#open();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const store = await this.#opening?.catch(() => undefined);
    await store?.[Symbol.asyncDispose]();
  }

  /** SQLite is loaded here, so that commands without profiles start at once. */
  async #open(): Promise<ProfileStore> {
    const { openSqliteStore, storeFileName } = await import('../../store/index.ts');
    return openSqliteStore({ file: path.join(this.#folder, storeFileName), now: Date.now });
  }
}
