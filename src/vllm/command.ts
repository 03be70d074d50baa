import { engineDefaults } from '../spec/index.ts';
import type { Recipe } from '../recipe/index.ts';

/** The environment variable by which the plugin finds its configuration. */
export const configurationVariable = 'TRIMTAB_VLLM_CONFIG';

/** What vLLM calls sampling options that it has defaults for. */
const samplingNames = {
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
  minP: 'min_p',
  repetitionPenalty: 'repetition_penalty',
} as const;

export interface CommandOptions {
  readonly recipe: Recipe;
  /** What vLLM serves: a folder, or a name of the hub. */
  readonly base: string;
  /** Tokens at which an answer ends, whichever of the models says so. */
  readonly ends: readonly number[];
  /** Tokens that all of the models read, at most. */
  readonly longest: number;
  /** Of the template that all of them read; `null`: they read text. */
  readonly chatTemplate: string | null;
}

/** The words that start vLLM with the plugin, and with what the recipe says of sampling and sizes. */
export function vllmCommand({
  recipe,
  base,
  ends,
  longest,
  chatTemplate,
}: CommandOptions): string[] {
  const { engine, name } = recipe;
  const length = Math.min(engine.contextLength ?? engineDefaults.contextLength, longest);
  const flags: Readonly<Record<string, string>> = {
    '--served-model-name': name,
    '--logits-processors': 'trimtab_vllm:PairLogitsProcessor',
    '--max-model-len': `${length}`,
    '--max-num-seqs': `${engine.maxSequences ?? engineDefaults.maxSequences}`,
    '--override-generation-config': JSON.stringify(generationDefaults(recipe, ends)),
    ...(chatTemplate !== null && { '--chat-template': chatTemplate }),
  };
  return ['vllm', 'serve', base, ...Object.entries(flags).flat()];
}

function generationDefaults({ sampling }: Recipe, ends: readonly number[]): object {
  const said = Object.entries(samplingNames).flatMap(([name, called]) => {
    const value = sampling[name as keyof typeof samplingNames];
    return value === undefined ? [] : [[called, value] as const];
  });
  return { ...Object.fromEntries(said), ...(ends.length > 0 && { eos_token_id: ends }) };
}

/** As a shell reads it. */
export function shellLine(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): string {
  const set = Object.entries(environment).map(([name, value]) => `${name}=${quote(value)}`);
  return [...set, ...words.map(quote)].join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
