import type { Command } from 'commander';

import { parseNumber } from './values.ts';

/** Flags of {@link addModelOptions}, as commander parses them. */
export interface ModelFlags {
  readonly base?: string;
  readonly expert?: string;
  readonly antiExpert?: string;
  readonly alpha?: number;
  readonly save?: string;
}

/** What the argument is that names a recipe. */
export const recipeArgument = 'a recipe file (YAML), or a model: a GGUF file or hf:owner/name';

/** The flags that name models in the place of a recipe. */
export function addModelOptions(command: Command): Command {
  return command
    .optionsGroup('Models:')
    .option('--base <model>', 'in place of a recipe: the model that is steered, alone or with …')
    .option('--expert <model>', '… a small tuned model, and …')
    .option('--anti-expert <model>', '… the same small model before it was tuned')
    .option('--alpha <n>', 'how much of their difference (default: 1)', parseNumber)
    .option('--save <file>', 'write that recipe down');
}
