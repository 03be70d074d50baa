import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Permissions of folders that hold what nobody else may read. */
export const ownerOnly = 0o700;

/**
 * Creates a folder and those above it that do not exist, one at a time from the deepest that does, so
 * that it ends wherever it is asked to: Node's recursive `mkdir` tries for ever where a file system
 * says of a new folder that there is no such place, as `/proc` does.
 * @param mode - Permissions of the folders that are created.
 * @throws The file system's error.
 */
export function createFolder(folder: string, mode = 0o777): void {
  for (const missing of missingFolders(path.resolve(folder))) {
    try {
      mkdirSync(missing, { mode });
    } catch (error) {
      // Another process may have been faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  if (!statSync(folder).isDirectory()) throw notAFolder(folder);
}

/** The folder and those above it that do not exist, the outermost first. */
function missingFolders(folder: string): string[] {
  const missing: string[] = [];
  let current = folder;
  while (statSync(current, { throwIfNoEntry: false }) === undefined) {
    missing.unshift(current);
    const parent = path.dirname(current);
    if (parent === current) break;
    current = parent;
  }
  return missing;
}

function notAFolder(place: string): Error {
  return Object.assign(new Error(`ENOTDIR: ${place} is no folder`), { code: 'ENOTDIR' });
}
