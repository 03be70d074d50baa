import { formulaModels } from '../../compose/index.ts';
import type { Recipe, RewardSource } from '../../recipe/index.ts';

/** What a recipe's models are for. A name can be in both. */
export interface ModelUses {
  /** Scalar reward models: their hidden states are read. */
  readonly scalar: ReadonlySet<string>;
  /** Models whose rows of logits are read, or that are there to be asked alone. */
  readonly withRows: ReadonlySet<string>;
}

export function modelUses(recipe: Recipe): ModelUses {
  const sources = [...recipe.rewards.values()].map(({ source }) => source);
  const scalar = new Set(
    sources.filter(({ kind }) => kind === 'scalar').flatMap((source) => modelsOf(source)),
  );
  const rowSources = sources.filter(({ kind }) => kind !== 'scalar');
  const composed = new Set([
    recipe.base,
    ...formulaModels(recipe.formula),
    ...(recipe.plausibility?.models ?? []),
    ...rowSources.flatMap((source) => modelsOf(source)),
  ]);
  const withRows = [...recipe.models.keys()].filter(
    (name) => composed.has(name) || !scalar.has(name),
  );
  return { scalar, withRows: new Set(withRows) };
}

/** The models that some reward needs. */
export function rewardModels(recipe: Recipe): ReadonlySet<string> {
  return new Set([...recipe.rewards.values()].flatMap(({ source }) => modelsOf(source)));
}

function modelsOf(source: RewardSource): readonly string[] {
  if (source.kind === 'scalar' || source.kind === 'next-token') return [source.model];
  return source.kind === 'attribute' ? [source.model, source.neutral] : [];
}
