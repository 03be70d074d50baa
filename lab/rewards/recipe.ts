import {
  resolveRecipe,
  LoadedRecipe,
  type Normalization,
  type Recipe,
  type RecipeDocument,
} from '../../src/index.ts';
import { modelsFolder } from '../../test/support/atlas-questions.ts';
import { atlasFile } from '../shared/recipes.ts';
import { watchContexts } from '../shared/watched-contexts.ts';
import { phraseWeights, type Attribute } from '../../test/support/atlas-attributes.ts';

/** Ways to the same end, a cheerful answer. */
export const kinds = ['scalar', 'next', 'auto', 'attribute', 'words'] as const;
export type Kind = (typeof kinds)[number];

/** Those that are rewards of the recipe; `auto` is a term of its formula. */
export const rewardKinds = ['scalar', 'next', 'attribute', 'words'] as const;

export const alpha = 1;
const mostAnswers = 24;

/** The four attributes that the reward model's heads measure. */
export const heads = ['cheerful', 'formal', 'brief', 'detailed'] as const;

export type Normalizations = Readonly<Record<string, Normalization>>;

/**
 * Every way in one recipe, all weights 0: a request turns one on. What an answer is worth is settled by
 * the judge, which nothing here is guided by.
 */
export function rewardsRecipe(cheerful: Attribute, normalizations: Normalizations): Recipe {
  const scalar = (model: string, head: string) => ({ model, head, scope: 'both' as const });
  const rewards: NonNullable<RecipeDocument['rewards']> = {
    scalar: scalar('reward', 'cheerful'),
    next: { nextToken: 'next' },
    // Without a system message the expert is its own neutral view, and its rows are there anyway.
    attribute: { attribute: 'cheerful', neutral: 'styled' },
    words: { words: phraseWeights(cheerful), caseSensitive: true },
    judge: { model: 'judge', head: 'cheerful', scope: 'answer' },
    ...Object.fromEntries(heads.map((head) => [head, scalar('reward', head)])),
  };
  const off = Object.entries(rewards).map(([name, reward]) => {
    const normalization = normalizations[name];
    return [name, { ...reward, weight: 0, ...(normalization && { normalization }) }];
  });
  return resolveRecipe(
    {
      name: 'rewards',
      models: {
        large: atlasFile('large'),
        styled: atlasFile('small-styled'),
        small: atlasFile('small'),
        cheerful: { file: atlasFile('small-styled'), system: cheerful.prompt },
        auto: atlasFile('reward-auto'),
        next: atlasFile('reward-next'),
        reward: atlasFile('reward'),
        judge: atlasFile('judge'),
      },
      base: 'large',
      formula: 'large + alpha * (styled - small) + genarm * logp(auto)',
      params: {
        alpha: { default: alpha, min: 0, max: 2 },
        genarm: { default: 0, min: 0, max: 10 },
      },
      rewards: Object.fromEntries(off) as typeof rewards,
      sampling: { temperature: 0 },
      engine: { maxSequences: mostAnswers, threads: 1 },
      speculation: 'off',
    },
    { directory: modelsFolder },
  );
}

/** A loaded recipe that counts what its models decode one token at a time: steps, not prompts. */
export interface CountedRecipe extends AsyncDisposable {
  readonly trimtab: LoadedRecipe;
  /** Single tokens decoded so far, by every model but the judge. */
  singles(): number;
}

export async function loadCounted(recipe: Recipe): Promise<CountedRecipe> {
  let singles = 0;
  const loader = watchContexts((context, model) => {
    if (model.includes('judge')) return;
    const extend = context.extend.bind(context);
    context.extend = (extensions, signal) => {
      singles += extensions.filter(({ tokens }) => tokens.length === 1).length;
      return extend(extensions, signal);
    };
  });
  const trimtab = await LoadedRecipe.load(recipe, { loader });
  return {
    trimtab,
    singles: () => singles,
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}
