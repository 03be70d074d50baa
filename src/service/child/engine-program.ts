import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

interface EngineProgram {
  readonly file: URL;
  /** What makes Node run it, where it is TypeScript. */
  readonly execArgv: readonly string[];
}

/** The program of an engine's process, as source or built, as this file is. */
export function engineProgram(): EngineProgram {
  if (!import.meta.url.endsWith('.ts')) {
    return { file: new URL('engine-process.js', import.meta.url), execArgv: [] };
  }
  const loader = createRequire(import.meta.url).resolve('tsx');
  return {
    file: new URL('engine-process.ts', import.meta.url),
    execArgv: ['--import', pathToFileURL(loader).href],
  };
}
