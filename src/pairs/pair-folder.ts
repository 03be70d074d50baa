import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { contentId } from '../evaluation/index.ts';
import { createFolder, replaceFile } from '../files/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

/** Where the parts of a pair lie. */
export interface PairFolder {
  readonly path: string;
  readonly recipe: string;
  readonly adapter: string;
  /** What the pair is made of: another pair is not made over it. */
  readonly made: string;
  readonly data: string;
  /** What only tuning needs: it may be removed afterwards. */
  readonly tuning: string;
  /** The strengths that were tried. */
  readonly calibration: string;
  readonly evaluation: string;
}

function pairFolder(folder: string): PairFolder {
  const root = path.resolve(folder);
  const at = (...parts: string[]): string => path.join(root, ...parts);
  return {
    path: root,
    recipe: at('recipe.yaml'),
    adapter: at('expert.gguf'),
    made: at('pair.json'),
    data: at('data'),
    tuning: at('tuning'),
    calibration: at('calibration.json'),
    evaluation: at('evaluation'),
  };
}

/**
 * Opens a folder for a pair, new or begun. @param made - What decides what the pair will be.
 * @throws InvalidOptionError where another one was begun.
 */
export async function openPairFolder(
  folder: string,
  made: Readonly<Record<string, unknown>>,
): Promise<PairFolder> {
  const places = pairFolder(folder);
  for (const place of [places.data, places.tuning]) createFolder(place);
  const before = await readJson<Record<string, unknown>>(places.made);
  if (before === null) {
    await replaceFile(places.made, `${JSON.stringify(made, null, 2)}\n`);
    return places;
  }
  const differing = Object.keys({ ...before, ...made }).filter(
    (key) => contentId(before[key] ?? null) !== contentId(made[key] ?? null),
  );
  if (differing.length === 0) return places;
  throw new InvalidOptionError(
    'output',
    `${places.path} has a pair of another making: it differs in ${differing.join(', ')}. ` +
      'Name another folder, or remove this one.',
  );
}

/** A JSON file; `null` where there is none. */
export async function readJson<Value>(file: string): Promise<Value | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
