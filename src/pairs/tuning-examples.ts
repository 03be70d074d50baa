import path from 'node:path';

import type { LoadedRecipe, TokenizedExchange } from '../engine/index.ts';
import type { AnsweredConversation } from '../evaluation/index.ts';
import { replaceFile } from '../files/index.ts';
import { ContextLengthError, InvalidOptionError } from '../spec/index.ts';
import type { PairFolder } from './pair-folder.ts';
import type { ConversationSplit } from './split.ts';

/** A conversation as the expert will read it. */
export interface TuningExample extends TokenizedExchange {
  readonly conversation: AnsweredConversation;
}

/** Conversations that are short enough, by what they are for. */
export interface TuningExamples {
  readonly training: readonly TuningExample[];
  readonly development: readonly TuningExample[];
  readonly test: readonly TuningExample[];
  /** How many are longer than may be, and left out. */
  readonly tooLong: number;
}

export interface TokenizeConversationsOptions {
  /** A recipe of the expert's model, before it is tuned. */
  readonly loaded: LoadedRecipe;
  /** That model's name. */
  readonly model: string;
  readonly maxTokens: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Conversations as tokens: prompts through the expert's own view, so that it learns what it will be asked.
 * @throws InvalidOptionError where fewer than half are short enough; TemplateError.
 */
export async function tokenizeConversations(
  split: ConversationSplit,
  options: TokenizeConversationsOptions,
): Promise<TuningExamples> {
  const training = await tokenizeAll(split.training, options);
  const development = await tokenizeAll(split.development, options);
  const test = await tokenizeAll(split.test, options);
  const kept = { training, development, test };
  const parts = Object.keys(kept) as (keyof typeof kept)[];
  for (const part of parts) {
    if (kept[part].length * 2 >= split[part].length) continue;
    throw new InvalidOptionError(
      'maxTokens',
      `Only ${kept[part].length} of the ${split[part].length} conversations for ${part} have at most ` +
        `${options.maxTokens} tokens and fit into the context: raise it, or shorten them.`,
    );
  }
  const tooLong = parts.reduce((sum, part) => sum + split[part].length - kept[part].length, 0);
  return { ...kept, tooLong };
}

async function tokenizeAll(
  conversations: readonly AnsweredConversation[],
  { loaded, model, maxTokens, signal }: TokenizeConversationsOptions,
): Promise<TuningExample[]> {
  const examples: TuningExample[] = [];
  for (const conversation of conversations) {
    const { prompt, answer } = conversation;
    try {
      const exchange = await loaded.tokenizeExchange(prompt, { answer }, { only: model, signal });
      if (exchange.prompt.length + exchange.answer.length > maxTokens) continue;
      examples.push({ ...exchange, conversation });
    } catch (error) {
      if (!(error instanceof ContextLengthError)) throw error;
    }
  }
  return examples;
}

/** Writes them for the program that tunes, a line each. */
export async function writeExamples(
  { training, development }: TuningExamples,
  { tuning }: Pick<PairFolder, 'tuning'>,
): Promise<Record<'training' | 'development', string>> {
  const write = async (name: string, examples: readonly TuningExample[]): Promise<string> => {
    const file = path.join(tuning, `${name}.jsonl`);
    const lines = examples.map(({ prompt, answer }) => `${JSON.stringify({ prompt, answer })}\n`);
    await replaceFile(file, lines.join(''));
    return file;
  };
  return {
    training: await write('training', training),
    development: await write('development', development),
  };
}
