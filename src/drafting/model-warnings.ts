import { engineDefaults } from '../spec/index.ts';
import type { GivenModel } from './given-model.ts';
import type { Roles } from './roles.ts';
import { twinFaults } from './twins.ts';

/** What is to be known of models before they are composed. */
export function warningsOfModels(roles: Roles): string[] {
  const models = [...new Set([roles.base, roles.expert, roles.antiExpert])].filter(
    (model) => model !== null,
  );
  return [
    ...(roles.isGuess ? [guessed(roles)] : []),
    ...pairWarnings(roles),
    ...models.flatMap(coarseWeights),
    ...shortContexts(models),
  ];
}

function guessed({ expert, antiExpert, base }: Roles): string {
  const other = antiExpert ?? base;
  return (
    `Which of ${expert!.title} and ${other.title} is tuned cannot be told from their headers: the first is taken to be. ` +
    'If it is the other, name them: --expert and --anti-expert.'
  );
}

function pairWarnings({ expert, antiExpert }: Roles): string[] {
  if (expert === null || antiExpert === null) return [];
  const warnings: string[] = [];
  const pair = `${expert.title} and ${antiExpert.title}`;
  const faults = twinFaults(expert, antiExpert);
  if (faults.length > 0) {
    warnings.push(
      `${pair} are no twins: they ${faults.join(', ')}. Their difference holds more than tuning taught: ` +
        'take the very model that the expert was tuned from.',
    );
  }
  const [one, other] = [weightsOf(expert), weightsOf(antiExpert)];
  if (one !== other) {
    warnings.push(
      `${pair} are quantised differently (${one} and ${other}): their difference holds the noise of that, too. Take both alike.`,
    );
  }
  return warnings;
}

function coarseWeights(model: GivenModel): string[] {
  const type = weightsOf(model);
  const [, bits] = /^(?:I|T)?Q(\d)/.exec(type) ?? [];
  if (bits === undefined || Number(bits) >= 4) return [];
  return [
    `${model.title} is quantised to ${type}, below Q4: its logits are coarse. Take Q4_K_M or more.`,
  ];
}

function shortContexts(models: readonly GivenModel[]): string[] {
  const lengths = models.map(({ description }) => description.contextLength ?? Infinity);
  const least = Math.min(...lengths);
  if (least >= engineDefaults.contextLength) return [];
  const { title } = models[lengths.indexOf(least)]!;
  return [
    `${title} was trained on ${least} tokens: conversations, answers included, hold no more than that.`,
  ];
}

function weightsOf({ description: { fileType, mainType } }: GivenModel): string {
  return fileType ?? mainType ?? 'a type that its header does not say';
}
