import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { modelPath, type RecipeModel } from '../recipe/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

// `src/vllm/` and `dist/vllm/` are equally deep, in a checkout and in an installed package.
const converter = fileURLToPath(new URL('../../tuning/convert_gguf.py', import.meta.url));

export const roles = ['base', 'expert', 'antiExpert'] as const;
export type Role = (typeof roles)[number];

/** What vLLM or the plugin loads in place of a recipe's GGUF file. */
export interface ModelPlace {
  /** Absolute path of a folder in Hugging Face's format, or a name of the hub. */
  readonly place: string;
  /** The command that makes the folder; `null`: it is there, or of the hub. */
  readonly conversion: readonly string[] | null;
}

/** What was given in a model's place: a folder that is there, or `owner/name`. @throws InvalidOptionError naming the role */
export async function requirePlace(role: Role, given: string | undefined): Promise<void> {
  if (given === undefined) return;
  const found = await stat(given).catch(() => null);
  if (found?.isDirectory() === true || (found === null && isOfHub(given))) return;
  const fault = found === null ? 'is not there' : 'is a file';
  throw new InvalidOptionError(
    role,
    `${role}: ${given} ${fault}, and it should be a folder in Hugging Face's format, or a name of the hub (owner/name).`,
  );
}

/** A model's place: what was given, or the folder `folder/role` that its file, with its adapters, is to be converted into. */
export function placeOf(
  role: Role,
  { source, adapters }: RecipeModel,
  given: string | undefined,
  folder: string,
): ModelPlace {
  if (given !== undefined) {
    return { place: isOfHub(given) ? given : path.resolve(given), conversion: null };
  }
  const place = path.join(folder, role);
  const merged = adapters.flatMap((adapter) => ['--adapter', adapter.file, `${adapter.scale}`]);
  return { place, conversion: ['python', converter, modelPath(source), place, ...merged] };
}

function isOfHub(given: string): boolean {
  return /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(given);
}
