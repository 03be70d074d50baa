import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** GGUF files of public models, where somebody has put them: `TRIMTAB_REAL_MODELS`, or a folder of the cache. */
export function realModelFiles(): string[] {
  const folder =
    process.env['TRIMTAB_REAL_MODELS'] ?? path.join(homedir(), '.cache/trimtab-real-models');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.gguf'))
    .toSorted()
    .map((name) => path.join(folder, name));
}
