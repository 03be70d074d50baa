import {
  serializeFormula,
  type GenerateOptions,
  type GenerationResult,
  type GenerationStream,
  type ParamDeclaration,
  type Prompt,
  type Recipe,
  type SamplingOptions,
} from '../index.ts';

/** What answers a prompt: a recipe loaded here, or one that a server runs. */
export interface Answerer {
  stream(prompt: Prompt, options?: GenerateOptions): GenerationStream;
  generate(prompt: Prompt, options?: GenerateOptions): Promise<GenerationResult>;
}

/** What commands show of a recipe, wherever it runs. */
export interface RecipeOutline {
  readonly name: string;
  readonly base: string;
  readonly expert: string | null;
  readonly modelNames: readonly string[];
  readonly formula: string;
  readonly params: ReadonlyMap<string, ParamDeclaration>;
  readonly sampling: SamplingOptions;
}

/** A recipe that is ready to answer. */
export interface OpenRecipe extends Answerer, AsyncDisposable {
  readonly outline: RecipeOutline;
}

export function outlineOf(recipe: Recipe): RecipeOutline {
  const { name, base, expert, models, formula, params, sampling } = recipe;
  return {
    name,
    base,
    expert,
    params,
    sampling,
    modelNames: [...models.keys()],
    formula: serializeFormula(formula),
  };
}
