import { basename, resolve } from 'node:path';

import type { TokenList } from '../compose/index.ts';
import { addressHint } from '../faults/index.ts';
import { describeModel, readModelHeader, type ModelDescription } from '../gguf/index.ts';
import { modelPath, placeRecipe, resolveRecipe, type PlaceOptions } from '../recipe/index.ts';
import { GgufError, RecipeError } from '../spec/index.ts';
import { tokensOfHeader } from './header-tokens.ts';

/** A model that a recipe is to be made of, as far as its header tells. */
export interface GivenModel {
  /** Absolute path, or the name of the hub that it was given by: what a recipe says. */
  readonly place: string;
  /** For messages: the name of the hub, or the file's own. */
  readonly title: string;
  /** Absolute path of its first file. */
  readonly file: string;
  readonly description: ModelDescription;
  /** `general.basename`: what its family calls it, whatever its size and tuning. */
  readonly family: string | null;
  /** `general.finetune`: what it was tuned to, e.g. `Instruct`. */
  readonly finetune: string | null;
  /** `null` if the header has none. */
  readonly tokens: TokenList | null;
}

export interface ReadModelsOptions extends PlaceOptions {
  /** What relative paths are relative to. */
  readonly directory: string;
}

/**
 * Reads the headers of models, each a path or a name of the hub; nothing is loaded.
 * @throws RecipeError for what is no model, or is of the hub and not in the cache.
 */
export async function readModels(
  given: readonly string[],
  options: ReadModelsOptions,
): Promise<GivenModel[]> {
  const names = given.map((_, i) => `model${i + 1}`);
  const models = Object.fromEntries(names.map((name, i) => [name, given[i]!]));
  const { directory } = options;
  const { models: placed } = await placeRecipe(
    resolveRecipe({ models, base: names[0]! }, { directory }),
    options,
  );
  return Promise.all(
    names.map((name, i) => readModel(given[i]!, modelPath(placed.get(name)!.source), directory)),
  );
}

async function readModel(given: string, file: string, directory: string): Promise<GivenModel> {
  try {
    const header = await readModelHeader(file);
    const text = (key: string): string | null => {
      const value = header.metadata.get(key);
      return value?.type === 'string' && value.value !== '' ? value.value : null;
    };
    const isOfHub = file !== resolve(directory, given);
    return {
      place: isOfHub ? given : file,
      title: isOfHub ? given : basename(file),
      file,
      description: describeModel(header),
      family: text('general.basename'),
      finetune: text('general.finetune'),
      tokens: tokensOfHeader(header),
    };
  } catch (cause) {
    if (!(cause instanceof GgufError)) throw cause;
    throw new RecipeError(`${cause.message}${addressHint(given)}`, {}, { cause });
  }
}
