import { formulaModels } from '../compose/index.ts';
import { InvalidOptionError, type SamplingOptions } from '../spec/index.ts';
import type { Recipe, RecipeModel } from './recipe.ts';

/** Whether a model is on a server, which tells its best tokens alone. */
export function isOnServer({ source }: Pick<RecipeModel, 'source'>): boolean {
  return source.kind === 'server';
}

/**
 * What depends on more than a server tells, which is the log-probs of the best tokens.
 * @throws InvalidOptionError that names it, and says why.
 */
export function requireTellable(recipe: Recipe): void {
  const remote = [...recipe.models.values()].filter(isOnServer);
  if (remote.length === 0) return;
  for (const { name } of remote) {
    if (name === recipe.base) continue;
    throw new InvalidOptionError(
      `models.${name}`,
      `models.${name} is on a server, and the base is ${recipe.base}: of a formula's models, the base alone can be on a server, ` +
        'because the tokens that it does not tell must be known of all others.',
    );
  }
  const { base, formula, plausibility, guidance, klBudget, profile, sampling, speculation } =
    recipe;
  const refuse = (option: string, why: string): never => {
    throw new InvalidOptionError(
      option,
      `${option}: ${base} is on a server, which tells its best tokens alone. ${why}`,
    );
  };
  if (formula.method !== undefined) {
    refuse('formula', 'A function sees whole rows of logits: write arithmetic.');
  }
  if (formula.terms.filter(({ model }) => model === base).length > 1) {
    refuse('formula', `${base} is in several terms: write it once, with one coefficient.`);
  }
  if (!formulaModels(formula).includes(base)) {
    refuse('formula', 'It has no part in the formula: make a local model the base.');
  }
  if (plausibility?.topP !== undefined && plausibility.models.includes(base)) {
    refuse(
      'plausibility.topP',
      'Which tokens are in its smallest set depends on all: use minP, or name local models.',
    );
  }
  for (const [name, { schedule }] of recipe.params) {
    if (schedule !== undefined)
      refuse(`params.${name}.schedule`, 'A schedule reads its whole row.');
  }
  if (klBudget !== null)
    refuse('klBudget', 'A budget compares whole distributions. Bound the params instead.');
  if (profile?.klBudget != null)
    refuse('profile.klBudget', 'A budget compares whole distributions.');
  if (guidance.method === 'segments') {
    refuse(
      'guidance.method',
      'Segments end where the entropy of the whole distribution is high: use args or best-of.',
    );
  }
  for (const reward of recipe.rewards.values()) {
    const { source } = reward;
    const models = 'model' in source ? [source.model] : [];
    if (source.kind === 'attribute') models.push(source.neutral);
    if (models.includes(base)) refuse(`rewards.${reward.name}`, 'A reward needs a local model.');
  }
  requireTellableSampling(base, sampling, 'sampling.');
  if (speculation.coupling === 'maximal') {
    refuse('speculation', 'The maximal coupling compares whole distributions: leave it at gumbel.');
  }
  if (typeof speculation.drafter === 'object' && speculation.drafter.model === base) {
    refuse(
      'speculation',
      'It cannot draft: each of its tokens is a request. Let a local model draft.',
    );
  }
}

/** @throws InvalidOptionError for sampling that depends on more than the best tokens' log-probs. */
export function requireTellableSampling(
  base: string,
  { typicalP = 1, repetitionPenalty = 1 }: Pick<SamplingOptions, 'typicalP' | 'repetitionPenalty'>,
  at = '',
): void {
  const told = `${base} is on a server, which tells log-probs of its best tokens alone.`;
  if (typicalP < 1) {
    throw new InvalidOptionError(
      `${at}typicalP`,
      `${at}typicalP: ${told} Which tokens are typical depends on all of them: use topP or minP.`,
    );
  }
  if (repetitionPenalty !== 1) {
    throw new InvalidOptionError(
      `${at}repetitionPenalty`,
      `${at}repetitionPenalty: ${told} It multiplies logits, which are not told: use presencePenalty or frequencyPenalty.`,
    );
  }
}
