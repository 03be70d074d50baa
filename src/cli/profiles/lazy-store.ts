import { existsSync } from 'node:fs';
import path from 'node:path';

import type { Store } from '../../store/index.ts';
import { OpenedLate } from '../../waiting/index.ts';
import type { StorePlace } from '../options/data-directory.ts';

/** The store of a place. SQLite is loaded with it, so that commands without profiles start at once. */
export function lazyStore(place: StorePlace): OpenedLate<Store> {
  return new OpenedLate(async () => {
    const { openStore, storeFileName } = await import('../../store/index.ts');
    const named = 'url' in place ? place.url : path.join(place.folder, storeFileName);
    return openStore({ place: named, now: Date.now });
  });
}

/** Whether a store that is there has batches that have not ended. It is closed again. @throws StoreError */
export async function hasOpenBatches(place: StorePlace): Promise<boolean> {
  if (!(await isThere(place))) return false;
  await using store = lazyStore(place);
  return (await (await store.get()).batches.countAllOpen()).batches > 0;
}

async function isThere(place: StorePlace): Promise<boolean> {
  const { storeFileName } = await import('../../store/index.ts');
  return 'url' in place || existsSync(path.join(place.folder, storeFileName));
}
