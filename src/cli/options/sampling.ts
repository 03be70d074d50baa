import type { Command } from 'commander';

import type { SamplingOptions } from '../../index.ts';
import { addFlags, optionsOf, type ParsedFlags } from './option-flags.ts';

const heading = "Sampling (defaults: the recipe's, else those in brackets):";

/** The flags of {@link SamplingOptions}. @param unseeded - What happens without a seed. */
export function addSamplingOptions(
  command: Command,
  unseeded = 'drawn, and reported by --json',
): Command {
  return addFlags(command.optionsGroup(heading), 'sampling', { seed: { note: unseeded } });
}

/** The sampling options among a command's flags. @throws InvalidOptionError */
export function samplingOf(flags: object): SamplingOptions {
  return optionsOf(flags as ParsedFlags, ['sampling']);
}
