/** One answer, greedily chosen: its tokens, its end among them, and at each the log-probs of the likeliest, in nats. */
export interface GreedyAnswer {
  readonly tokens: readonly number[];
  readonly logprobs: readonly ReadonlyMap<number, number>[];
}

/** Where two answers part. */
export interface Parting {
  readonly prompt: number;
  readonly position: number;
  /** Between the two likeliest tokens there, in nats. */
  readonly gap: number;
}

export interface Agreement {
  readonly prompts: number;
  readonly tokens: number;
  /** The largest of the log-probs of a token that both list, over all positions before the answers part. */
  readonly largestDifference: number;
  readonly partings: readonly Parting[];
  /** Those whose two likeliest tokens are farther apart than rounding explains: twice the largest difference. */
  readonly faults: readonly Parting[];
}

/** `answers` against `reference`, of the same prompts in the same order. */
export function compareAnswers(
  reference: readonly GreedyAnswer[],
  answers: readonly GreedyAnswer[],
): Agreement {
  let [tokens, largestDifference] = [0, 0];
  const partings: Parting[] = [];
  for (const [prompt, expected] of reference.entries()) {
    const answer = answers[prompt]!;
    const parts = partingOf(expected.tokens, answer.tokens);
    const shared = parts ?? expected.tokens.length - 1;
    for (let i = 0; i <= shared; i++) {
      tokens++;
      const difference = differenceOf(expected.logprobs[i], answer.logprobs[i]);
      largestDifference = Math.max(largestDifference, difference);
    }
    if (parts === null) continue;
    partings.push({ prompt, position: parts, gap: gapOf(expected.logprobs[parts]) });
  }
  const faults = partings.filter(({ gap }) => gap > 2 * largestDifference);
  return { prompts: reference.length, tokens, largestDifference, partings, faults };
}

/** The first position at which the tokens differ; `null` where they are the same. */
function partingOf(one: readonly number[], other: readonly number[]): number | null {
  const length = Math.max(one.length, other.length);
  for (let i = 0; i < length; i++) if (one[i] !== other[i]) return i;
  return null;
}

function differenceOf(
  one: ReadonlyMap<number, number> | undefined,
  other: ReadonlyMap<number, number> | undefined,
): number {
  let largest = 0;
  for (const [tokenId, logprob] of one ?? []) {
    const there = other?.get(tokenId);
    if (there !== undefined) largest = Math.max(largest, Math.abs(logprob - there));
  }
  return largest;
}

/** One that lists nothing is no excuse. */
function gapOf(logprobs: ReadonlyMap<number, number> | undefined): number {
  const [first, second] = [...(logprobs?.values() ?? [])].toSorted((a, b) => b - a);
  return first === undefined || second === undefined ? Infinity : first - second;
}
