import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { embeddedFiles, type RoleFiles } from '../shared/recipes.ts';

const converter = path.join(import.meta.dirname, '../../tuning/convert_gguf.py');

/** The embedded models in float32: folders for vLLM, by role, and files of the same weights for this process. */
export async function convertModels(python: string, folder: string): Promise<RoleFiles> {
  const files: [string, string][] = [];
  for (const [role, file] of Object.entries(embeddedFiles)) {
    const float32 = path.join(folder, `${role}.gguf`);
    await promisify(execFile)(python, [
      converter,
      file,
      path.join(folder, role),
      '--float32-gguf',
      float32,
    ]);
    files.push([role, float32]);
  }
  return Object.fromEntries(files) as unknown as RoleFiles;
}
