import { serializeFormula } from '../compose/index.ts';
import type { Recipe, RecipeModel } from '../recipe/index.ts';
import type { SteeredPair } from './steered-pair.ts';

/** What of a recipe the plugin has no part for, each as a line that names it and says why. */
export function recipeRefusals(recipe: Recipe, pair: SteeredPair | null): string[] {
  const { skills, rewards, constraint, profile, klBudget, plausibility, sampling } = recipe;
  const parts: readonly (readonly [has: boolean, reason: string])[] = [
    [pair === null, formulaReason(recipe)],
    [
      plausibility !== null,
      'plausibility: the plugin masks nothing; ask vLLM for min_p, which is of the composition.',
    ],
    [
      skills.size > 0,
      `skills (${[...skills.keys()].join(', ')}): the plugin runs the pair as its files are.`,
    ],
    [
      rewards.size > 0,
      `rewards (${[...rewards.keys()].join(', ')}): the plugin runs the pair alone.`,
    ],
    [
      klBudget !== null,
      'klBudget: the plugin has none; a param with `schedule: { match: kl }` is bounded by its pair.',
    ],
    [
      constraint !== null,
      'constraint: ask vLLM for it, in the request: structured_outputs is kept to beside the plugin.',
    ],
    [
      profile !== null,
      'profile: the plugin knows no users; send each request the alpha that it shall have.',
    ],
    [(sampling.typicalP ?? 1) !== 1, 'sampling.typicalP: vLLM has no typical sampling.'],
  ];
  return parts.flatMap(([has, reason]) => (has ? [reason] : []));
}

function formulaReason({ formula, base }: Recipe): string {
  const written =
    formula.method === undefined ? serializeFormula(formula) : `the method ${formula.method.name}`;
  return `formula: the plugin adds alpha * (expert - antiExpert) to ${base}, one param times one difference of raw logits; here it is ${written}.`;
}

/** What of the three models the plugin has no part for. */
export function modelRefusals(models: readonly RecipeModel[]): string[] {
  return models.flatMap(({ name, system, adapters }) => [
    ...(system === undefined
      ? []
      : [
          `models.${name}.system: inside vLLM all models read the tokens of the base's own prompt.`,
        ]),
    ...(adapters.some(({ kind }) => kind === 'vector')
      ? [
          `models.${name}.adapters: a control vector is no change of weights, which is all that can be merged.`,
        ]
      : []),
  ]);
}

/** Sampling of the recipe that vLLM has no defaults for: each request must say it. */
export function requestWarnings({ sampling, stop }: Recipe): string[] {
  const said = Object.entries({
    presence_penalty: sampling.presencePenalty ?? 0,
    frequency_penalty: sampling.frequencyPenalty ?? 0,
    logit_bias: Object.keys(sampling.logitBias ?? {}).length,
    seed: sampling.seed ?? 0,
    stop: stop.length,
  }).flatMap(([name, value]) => (value === 0 ? [] : [name]));
  return said.length === 0
    ? []
    : [`vLLM has no defaults for ${said.join(', ')}: requests that shall have them must say so.`];
}
