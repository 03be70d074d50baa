import { createHash } from 'node:crypto';
import path from 'node:path';

import { dataDirectory, type HashedFilesOptions } from '../../files/index.ts';
import { storePlaceOf, type DataDirectoryFlags } from '../options/data-directory.ts';

/** Bytes of KV states that one machine keeps. */
const maxBytes = 4 * 2 ** 30;

/** Where this machine keeps KV states of the contexts of a store: beside it, or in the data folder, apart from others'. */
export function statesOf(flags: DataDirectoryFlags): HashedFilesOptions {
  const place = storePlaceOf(flags);
  if ('folder' in place) return { folder: path.join(place.folder, 'states'), maxBytes };
  const of = createHash('sha256').update(place.url).digest('hex').slice(0, 16);
  return { folder: path.join(dataDirectory(), 'states', of), maxBytes };
}
