import type { LoadedRecipe } from '../../src/index.ts';
import type { GenerationResult, TokenId } from '../../src/spec/index.ts';
import type { GreedyAnswer } from './compare.ts';

/** The embedded models' end. */
export const end = 0;

/** A question as the embedded models' template writes it. */
export function toPrompt(question: string): string {
  return `<|user|> ${question}\n<|assistant|>`;
}

export function tokenizeQuestion(recipe: LoadedRecipe, question: string): TokenId[] {
  return recipe.tokenize(toPrompt(question), { addSpecial: true, parseSpecial: true });
}

/** An answer with its end among the tokens, and with the log-probs that were asked for. */
export function toGreedyAnswer({ tokens, finishReason }: GenerationResult): GreedyAnswer {
  const ended = finishReason === 'stop' ? [end] : [];
  return {
    tokens: [...tokens.map(({ tokenId }) => tokenId), ...ended],
    logprobs: tokens.map(
      ({ topLogprobs = [] }) =>
        new Map(topLogprobs.map(({ tokenId, logprob }) => [tokenId, logprob])),
    ),
  };
}
