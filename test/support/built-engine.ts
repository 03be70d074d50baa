import { existsSync } from 'node:fs';

import { vi } from 'vitest';

import type * as engineProgram from '../../src/service/child/engine-program.ts';

// The engine's processes that tests start are the built ones, as `npm test` builds first: Node starts
// them in a fraction of the time that it takes to compile the source.
vi.mock(
  '../../src/service/child/engine-program.ts',
  async (importOriginal): Promise<typeof engineProgram> => {
    const file = new URL('../../dist/service/child/engine-process.js', import.meta.url);
    if (!existsSync(file)) return importOriginal();
    return { engineProgram: () => ({ file, execArgv: [] }) };
  },
);
