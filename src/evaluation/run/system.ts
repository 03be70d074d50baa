import type { GenerateServiceRequest } from '../../spec/index.ts';
import type { Example } from '../example.ts';

/** One of those that are compared: a recipe, or one of its models alone. */
export interface EvaluationSystem {
  /** Unique in its evaluation. */
  readonly name: string;
  /** Name of a recipe that the service serves. */
  readonly recipe: string;
  /** What the recipe is, e.g. its `recipeFingerprint`: results of another one are not mixed with its. */
  readonly fingerprint: string;
  /** The one of its models that answers alone; `null` is the composition. */
  readonly only: string | null;
  /** How it answers; the seed is the evaluation's. */
  readonly options: Omit<GenerateServiceRequest['options'], 'only' | 'seed'>;
  /** Questions with their answers that come before each of its prompts; none by default. */
  readonly examples?: readonly Example[];
}
