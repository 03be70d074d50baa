import type { Command } from 'commander';

import { addFlags } from './option-flags.ts';

const heading = "Sampling (defaults: the recipe's, else those in brackets):";

/** The flags of sampling. @param unseeded - What happens without a seed. */
export function addSamplingOptions(
  command: Command,
  unseeded = 'drawn, and reported by --json',
): Command {
  return addFlags(command.optionsGroup(heading), 'sampling', { seed: { note: unseeded } });
}
