import { Option, type Command } from 'commander';

import { samplingDefaults, type SamplingOptions } from '../../index.ts';
import { resolveSampling } from '../../sampling/index.ts';
import { toFlag } from './flag-names.ts';
import { collectNumbers, parseNumber } from './values.ts';

type NumericOption = Exclude<keyof typeof samplingDefaults, 'logitBias'>;

/** What each flag does. Every option is here, or this does not compile. */
const descriptions: Readonly<Record<NumericOption, string>> = {
  temperature: '0 always takes the best token',
  topK: 'keep the N most probable tokens; 0 is off',
  topP: 'keep the smallest set of at least this mass; 1 is off',
  minP: "keep tokens of at least this share of the best one's probability; 0 is off",
  typicalP: "locally typical sampling's mass; 1 is off",
  repetitionPenalty: 'divides positive logits of seen tokens, multiplies negative ones; 1 is off',
  presencePenalty: 'subtracted once from every token already generated; 0 is off',
  frequencyPenalty: 'subtracted per occurrence from every token generated; 0 is off',
};

const heading = "Sampling (defaults: the recipe's, else those in brackets):";

/** The flags of {@link SamplingOptions}. @param unseeded - What happens without a seed. */
export function addSamplingOptions(
  command: Command,
  unseeded = 'drawn, and reported by --json',
): Command {
  command.optionsGroup(heading);
  for (const name of Object.keys(descriptions) as NumericOption[]) {
    const text = `${descriptions[name]} (${samplingDefaults[name]})`;
    command.addOption(new Option(`${toFlag(name)} <n>`, text).argParser(parseNumber));
  }
  return command
    .option(
      '--logit-bias <id=bias>',
      'added to the logit of a token id; -100 bans it; may be given again',
      collectNumbers,
    )
    .option('--seed <n>', `makes sampling repeatable (${unseeded})`, parseNumber);
}

/**
 * The sampling options among a command's flags.
 * @throws InvalidOptionError for one out of its range: now, and not once for every answer.
 */
export function samplingOf(flags: SamplingOptions): SamplingOptions {
  const names = new Set([...Object.keys(samplingDefaults), 'seed']);
  const options = Object.fromEntries(Object.entries(flags).filter(([name]) => names.has(name)));
  resolveSampling(options);
  return options;
}
