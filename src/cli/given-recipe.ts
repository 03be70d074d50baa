import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { recipeOfModels, writeRecipe, type Recipe } from '../recipe/index.ts';
import type { Cli } from './cli.ts';
import { UsageError } from './failure.ts';
import { pullModels } from './hub/pull-models.ts';
import { readRecipe, requireNew, requireWritable } from './named-file.ts';
import type { LoadFlags } from './options/load.ts';
import type { ModelFlags } from './options/models.ts';
import { writeLines } from './output.ts';

/** A command's words, told apart; `null`: no recipe is named, but models are, by flags. */
export interface GivenWords {
  readonly recipe: string | null;
  readonly words: readonly string[];
}

/** @throws UsageError if neither a recipe nor a base is named, or both are. */
export function givenWords(
  first: string | undefined,
  others: readonly string[],
  { base }: Pick<ModelFlags, 'base'>,
): GivenWords {
  if (base === undefined) {
    if (first !== undefined) return { recipe: first, words: others };
    throw new UsageError(
      'There is no recipe: name its file, or a model (a GGUF file, or hf:owner/name), or give --base.',
    );
  }
  if (first === undefined) return { recipe: null, words: others };
  if (!/\.(ya?ml|gguf)$/i.test(first)) return { recipe: null, words: [first, ...others] };
  throw new UsageError(`--base stands in the place of a recipe: leave out ${first}.`);
}

/**
 * The recipe that a command names, or that of the models of its flags, which `--save` writes down.
 * @throws UsageError, RecipeError
 */
export async function readGiven(
  cli: Cli,
  named: string | null,
  flags: ModelFlags & LoadFlags & { readonly quiet?: boolean | undefined },
): Promise<Recipe> {
  const { base, expert, antiExpert, alpha, save } = flags;
  if (named !== null || base === undefined) {
    if (base === undefined) refuseWithoutBase(flags);
    return readRecipe(cli, 'recipe', named ?? '', flags);
  }
  if ((expert === undefined) !== (antiExpert === undefined)) {
    throw new UsageError(
      '--expert and --anti-expert go together: a small tuned model, and what it was before.',
    );
  }
  if (alpha !== undefined && expert === undefined) {
    throw new UsageError('--alpha needs --expert and --anti-expert: it is how much they steer.');
  }
  if (save !== undefined) {
    await requireNew('--save', save);
    await requireWritable('--save', save);
  }
  const fetchMissing = (names: readonly string[]) => pullModels(cli, names, flags);
  const options = { directory: '.', ...(flags.pull === true && { fetchMissing }) };
  const given = { base, expert, antiExpert, alpha };
  const { recipe, document } = await recipeOfModels(given, options);
  if (save !== undefined) {
    await writeFile(save, writeRecipe(document, path.dirname(save)));
    if (flags.quiet !== true) writeLines(cli.err, [cli.err.palette.dim(`written: ${save}`)]);
  }
  return recipe;
}

function refuseWithoutBase({ expert, antiExpert, alpha, save }: ModelFlags): void {
  const flags = { '--expert': expert, '--anti-expert': antiExpert, '--save': save };
  const [flag] = Object.entries(flags).find(([, value]) => value !== undefined) ?? [];
  if (flag !== undefined) {
    throw new UsageError(`${flag} needs --base: a recipe says for itself what its models are.`);
  }
  if (alpha === undefined) return;
  throw new UsageError('--alpha needs --base: of a recipe, say --param alpha=0.7.');
}
