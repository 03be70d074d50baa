import type { Command } from 'commander';

import type { GenerateOptions, SamplingOptions } from '../../index.ts';
import { samplingOf } from './sampling.ts';
import { collectNumbers, collectTexts, parseNumber } from './values.ts';

/** Flags of {@link addGenerationOptions} and `addSamplingOptions`, as commander parses them. */
export interface GenerationFlags extends SamplingOptions {
  readonly param?: Readonly<Record<string, number>>;
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
}

/** The flags that say how a recipe answers, but for sampling. */
export function addGenerationOptions(command: Command, defaultMaxTokens?: number): Command {
  const length = 'tokens to answer with at most';
  command
    .optionsGroup('Answer:')
    .option(
      '--param <name=value>',
      "a param of the recipe's formula, e.g. alpha=0.6; may be given again",
      collectNumbers,
    );
  if (defaultMaxTokens === undefined) {
    command.option('--max-tokens <n>', `${length} (default: what the context holds)`, parseNumber);
  } else command.option('--max-tokens <n>', length, parseNumber, defaultMaxTokens);
  return command.option(
    '--stop <text>',
    'the answer ends before this text; may be given again',
    collectTexts,
  );
}

export function generationOf(flags: GenerationFlags): GenerateOptions {
  return {
    ...samplingOf(flags),
    ...(flags.param && { params: flags.param }),
    ...(flags.maxTokens !== undefined && { maxTokens: flags.maxTokens }),
    ...(flags.stop && { stop: flags.stop }),
  };
}
