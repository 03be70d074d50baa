import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const stamp = path.join(root, 'dist/.sources');

const digests = (await import(
  new URL('../../scripts/source-digest.mjs', import.meta.url).href
)) as { readonly sourceDigest: () => string };

let isCurrent: boolean | undefined;

/**
 * A file that `npm run build` has made: its path.
 * @throws Error if it is not made of the sources as they are: what it did would be about other code.
 */
export function builtFile(name: string): string {
  isCurrent ??= existsSync(stamp) && readFileSync(stamp, 'utf8') === digests.sourceDigest();
  if (!isCurrent) {
    throw new Error(
      'dist/ is not built of src/ as it is now: run `npm run build`, then this test.',
    );
  }
  return path.join(root, 'dist', name);
}

/** Whether anything has been built. */
export const isBuilt = existsSync(path.join(root, 'dist'));
