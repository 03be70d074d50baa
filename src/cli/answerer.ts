import {
  serializeFormula,
  type GenerateOptions,
  type GenerationResult,
  type GenerationStream,
  type KlBudget,
  type ParamDeclaration,
  type Prompt,
  type Recipe,
  type SamplingOptions,
} from '../index.ts';

/** How a prompt shall be answered. */
export interface AnswerOptions extends GenerateOptions {
  /** Whom the answer is for. Steers the composition; a model alone (`only`) answers all alike. */
  readonly profile?: string;
}

/** What answers a prompt: a recipe loaded here, or one that a server runs. */
export interface Answerer {
  stream(prompt: Prompt, options?: AnswerOptions): GenerationStream;
  generate(prompt: Prompt, options?: AnswerOptions): Promise<GenerationResult>;
}

/** What commands show of a recipe, wherever it runs. */
export interface RecipeOutline {
  readonly name: string;
  readonly base: string;
  readonly expert: string | null;
  readonly modelNames: readonly string[];
  readonly formula: string;
  readonly params: ReadonlyMap<string, ParamDeclaration>;
  readonly rewards: ReadonlyMap<string, OutlinedReward>;
  readonly klBudget: KlBudget | null;
  readonly sampling: SamplingOptions;
}

interface OutlinedReward {
  readonly name: string;
  readonly weight: number;
}

/** A recipe that is ready to answer. */
export interface OpenRecipe extends Answerer, AsyncDisposable {
  readonly outline: RecipeOutline;
}

export function outlineOf(recipe: Recipe): RecipeOutline {
  const { name, base, expert, models, formula, params, rewards, klBudget, sampling } = recipe;
  return {
    name,
    base,
    expert,
    params,
    rewards,
    klBudget,
    sampling,
    modelNames: [...models.keys()],
    formula: serializeFormula(formula),
  };
}
