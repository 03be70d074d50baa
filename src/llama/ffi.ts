import { createRequire } from 'node:module';

import type koffi from 'koffi';

import { LibraryError } from '../spec/index.ts';
import { ffiPackage, installCommand } from './platform.ts';

type Ffi = typeof koffi;

/**
 * The foreign function interface, loaded when something native is first asked for: whatever reads
 * headers, recipes or help does without it.
 * @throws LibraryError with the command that installs it.
 */
export function loadFfi(): Ffi {
  try {
    return createRequire(import.meta.url)(ffiPackage) as Ffi;
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new LibraryError(
      `The package ${ffiPackage}, through which llama.cpp is called, cannot be loaded (${reason}). ` +
        `To mend it: ${installCommand()}.`,
      { cause },
    );
  }
}
