// Answers of a service, as what is measured needs them.
import type { ScoredText } from '../../src/evaluation/index.ts';
import type { GenerateServiceRequest, InferenceService, Prompt, Recipe } from '../../src/index.ts';
import { sum } from '../shared/numbers.ts';

export interface Answer {
  readonly text: string;
  readonly tokens: number;
  /** Passes of the formula's models; what reward models compute is not among them. */
  readonly forwards: number;
  /** As the rewards give them, where the request asked for them. */
  readonly rewards: Readonly<Record<string, number>>;
}

/** What a request asks for beside its tokens at most. */
export type AnswerOptions = GenerateServiceRequest['options'];

export interface Answerer {
  /** Tokens of an answer at most. */
  readonly maxTokens: number;
  /** @param owner - Whose computed prefixes may be shared. */
  answer(prompt: Prompt, options: AnswerOptions, owner: string): Promise<Answer>;
  /** Of a text under one of the recipe's models, as the answer to a question; `null` of none. */
  likelihood(question: string, text: string, only: string): Promise<ScoredText | null>;
}

interface AnswererOptions {
  readonly maxTokens: number;
  /** What answers begin with, and `Answer.text` does not. */
  readonly separator: string;
}

export function createAnswerer(
  service: InferenceService,
  recipe: Recipe,
  { maxTokens, separator }: AnswererOptions,
): Answerer {
  return {
    maxTokens,
    answer: async (prompt, options, owner) => {
      const request = { recipe: recipe.name, prompt, owner, options: { maxTokens, ...options } };
      const { text, tokens, usage, rewards = {} } = await service.stream(request).result;
      const forwards = sum(Object.values(usage.models).map((model) => model.forwards));
      return { text: text.trim(), tokens: tokens.length, forwards, rewards };
    },
    likelihood: async (question, text, only) => {
      if (text === '') return null;
      const continuation = `${separator}${text}`;
      const request = { recipe: recipe.name, prompt: question, owner: 'scores', continuation };
      const { logprob, tokens } = await service.score({ ...request, options: { only } });
      return { text, logprob, tokenCount: tokens.length };
    },
  };
}
