import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where somebody may have put GGUF files of public models: `TRIMTAB_REAL_MODELS`, or a folder of the cache. */
export const realModelsFolder =
  process.env['TRIMTAB_REAL_MODELS'] ?? path.join(homedir(), '.cache/trimtab-real-models');

/** Those that are there. */
export function realModelFiles(): string[] {
  if (!existsSync(realModelsFolder)) return [];
  return readdirSync(realModelsFolder)
    .filter((name) => name.endsWith('.gguf'))
    .toSorted()
    .map((name) => path.join(realModelsFolder, name));
}

/** One of them; where it is not there, says what is left out, and gives `undefined`. */
export function findRealModel(name: string, leftOut: string): string | undefined {
  const file = path.join(realModelsFolder, `${name}.gguf`);
  if (existsSync(file)) return file;
  console.log(`Skipped: ${leftOut}: there is no ${file}.`);
  return undefined;
}
