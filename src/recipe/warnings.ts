import { formulaModels, formulaParams } from '../compose/index.ts';
import type { Guidance, RewardScope } from '../spec/index.ts';
import {
  rewardWeightParam,
  type Recipe,
  type RewardDeclaration,
  type RewardSource,
} from './recipe.ts';

/** What a recipe says that has no effect. */
export function warningsOf(
  recipe: Pick<
    Recipe,
    | 'models'
    | 'base'
    | 'expert'
    | 'antiExpert'
    | 'formula'
    | 'plausibility'
    | 'params'
    | 'skills'
    | 'rewards'
    | 'guidance'
    | 'speculation'
  >,
): string[] {
  const { formula, plausibility, base, guidance, speculation } = recipe;
  const rewards = [...recipe.rewards.values()];
  const usedModels = new Set([
    base,
    ...formulaModels(formula),
    ...(plausibility?.models ?? []),
    ...rewards.flatMap(({ source }) => modelsOf(source)),
    ...(typeof speculation.drafter === 'object' ? [speculation.drafter.model] : []),
  ]);
  // What a method of one's own uses is its own to know.
  const usedParams = new Set(
    formula.method === undefined ? formulaParams(formula) : recipe.params.keys(),
  );
  if (rewards.length > 0) usedParams.add(rewardWeightParam);
  for (const name of recipe.skills.keys()) usedParams.add(name);
  return [
    ...unused(recipe.params.keys(), usedParams).map(
      (name) => `The param ${name} does nothing: the formula does not use it.`,
    ),
    ...unused(recipe.models.keys(), usedModels).map(
      (name) => `The model ${name} is not in the formula: it runs only when asked for alone.`,
    ),
    ...[...recipe.skills.values()].flatMap(({ name, of }) =>
      usedModels.has(of)
        ? []
        : [`The skill ${name} does nothing: its model ${of} is not in the formula.`],
    ),
    ...rewards.flatMap((reward) => outOfScope(reward, guidance)),
    ...rewards.flatMap((reward) => idleOnTokens(reward, guidance)),
  ];
}

/** The models that a reward runs. */
function modelsOf(source: RewardSource): readonly string[] {
  if (source.kind === 'attribute') return [source.model, source.neutral];
  return 'model' in source ? [source.model] : [];
}

/** What a reward says of answers that it is not made for. */
function outOfScope(
  { name, source, weight }: RewardDeclaration,
  { method }: Guidance,
): readonly string[] {
  const asked = method === 'best-of' ? 'answer' : 'prefix';
  const scope = rewardScope(source);
  if (weight === 0 || scope === 'both' || scope === asked) return [];
  return [
    asked === 'prefix'
      ? `The reward ${name} is for whole answers, but guidance by ${method} asks it about unfinished ` +
        'ones: use best-of, or say `scope: both` if it was made for them too.'
      : `The reward ${name} is for unfinished answers, but best-of asks it about whole ones.`,
  ];
}

/** What a reward of text hardly moves where it acts on every token. */
function idleOnTokens(
  { name, source, weight }: RewardDeclaration,
  guidance: Guidance,
): readonly string[] {
  if (weight === 0 || !('candidates' in guidance)) return [];
  const { method, candidates } = guidance;
  if (source.kind === 'length' && method === 'rad') {
    return [
      `The reward ${name} does nothing: rad clamps values to [0, 1], and a length's are 0 at most. Use args.`,
    ];
  }
  if (source.kind !== 'words') return [];
  const phrase = [...source.words].find(
    ([text, each]) => /\S\s+\S/.test(text) && weight * each > 0,
  );
  if (phrase === undefined) return [];
  return [
    `The reward ${name} hardly brings "${phrase[0]}" about: ${method} moves the token that completes a phrase, not the way ` +
      `there, and that only among the ${candidates} best. Use best-of or segments, an attribute, or single words.`,
  ];
}

/** What a reward's values mean something on. */
export function rewardScope(source: RewardSource): RewardScope {
  if ('scope' in source) return source.scope ?? 'both'; // a module has not been asked yet
  return source.kind === 'readability' ? 'answer' : 'both';
}

function unused(names: Iterable<string>, used: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !used.has(name));
}
