import {
  serializeFormula,
  type GenerateOptions,
  type GenerationResult,
  type GenerationStream,
  type ParamDeclaration,
  type Prompt,
  type Recipe,
} from '../index.ts';

/** What answers a prompt: a recipe loaded here, or one that a server runs. */
export interface Answerer extends AsyncDisposable {
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
}

export function outlineOf(recipe: Recipe): RecipeOutline {
  const { name, base, expert, models, formula, params } = recipe;
  return {
    name,
    base,
    expert,
    params,
    modelNames: [...models.keys()],
    formula: serializeFormula(formula),
  };
}
