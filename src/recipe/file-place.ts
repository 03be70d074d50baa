import { resolve } from 'node:path';

import { isHubName, parseHubName } from '../hub/hub-name.ts';
import { InvalidOptionError } from '../spec/index.ts';

/**
 * An absolute path, or a name of the hub as it is written.
 * @param at - Where it is written.
 * @throws InvalidOptionError that names that for a wrong name of the hub.
 */
export function toPlace(file: string, directory: string, at: string): string {
  if (!isHubName(file)) return resolve(directory, file);
  try {
    parseHubName(file);
    return file;
  } catch (cause) {
    if (!(cause instanceof InvalidOptionError)) throw cause;
    throw new InvalidOptionError(at, `${at}: ${cause.message}`, { cause });
  }
}
