import { createRequire } from 'node:module';

import { LibraryError } from '../../spec/index.ts';

/** Paths of the two modules of QuickJS, which are optional peers of this package. */
export interface QuickJsPaths {
  readonly core: string;
  readonly variant: string;
}

/** @throws LibraryError saying what to install. */
export function findQuickJs(): QuickJsPaths {
  const require = createRequire(import.meta.url);
  try {
    return {
      core: require.resolve('quickjs-emscripten-core'),
      variant: require.resolve('@jitl/quickjs-wasmfile-release-sync'),
    };
  } catch (error) {
    throw missingQuickJs(error);
  }
}

export function missingQuickJs(cause: unknown): LibraryError {
  return new LibraryError(
    'Generated JavaScript runs in QuickJS, which is not installed or cannot be loaded. Install it: ' +
      'npm install quickjs-emscripten-core@0.32.0 @jitl/quickjs-wasmfile-release-sync@0.32.0',
    { cause },
  );
}
