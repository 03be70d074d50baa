import path from 'node:path';

import type { Store } from '../../store/index.ts';
import type { StorePlace } from '../options/data-directory.ts';

/** The store of a place, opened when it is first needed, and again if that failed. */
export class LazyStore implements AsyncDisposable {
  readonly #place: StorePlace;
  #opening: Promise<Store> | undefined;

  constructor(place: StorePlace) {
    this.#place = place;
  }

  /** @throws StoreError if it cannot be had. */
  async get(): Promise<Store> {
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
  async #open(): Promise<Store> {
    const { openStore, storeFileName } = await import('../../store/index.ts');
    const place = this.#place;
    const named = 'url' in place ? place.url : path.join(place.folder, storeFileName);
    return openStore({ place: named, now: Date.now });
  }
}
