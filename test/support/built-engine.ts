import { pathToFileURL } from 'node:url';

import { vi } from 'vitest';

import type * as engineProgram from '../../src/service/child/engine-program.ts';
import { builtFile, isBuilt } from './built.ts';

// The engine's processes that tests start are the built ones, as `npm test` builds first: Node starts
// them in a fraction of the time that it takes to compile the source.
vi.mock(
  '../../src/service/child/engine-program.ts',
  async (importOriginal): Promise<typeof engineProgram> => {
    if (!isBuilt) return importOriginal();
    const engineFile = (): URL => pathToFileURL(builtFile('service/child/engine-process.js'));
    return { engineProgram: () => ({ file: engineFile(), execArgv: [] }) };
  },
);
