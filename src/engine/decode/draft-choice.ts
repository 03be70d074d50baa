import type { DecodeCosts } from '../cache/decode-costs.ts';

/** Milliseconds of a turn beside its decodes. */
const turnMs = 0.15;

/** How much faster a draft must promise to be than none: what is measured is not exact. */
const leastGain = 1.1;

/** A context that a generation computes in, as full as it is now. */
export interface ContextLoad {
  readonly costs: DecodeCosts;
  /** Generations that decode in it, this one included. */
  readonly generations: number;
  /** The generation's lanes in it, and which of them is the drafting model's. */
  readonly lanes: number;
}

/** Who could draft, and how sure it is. */
export interface DraftOption {
  readonly drafter: string;
  /** Share of its tokens that are chosen, each given those before. */
  readonly rate: number;
  /** Tokens it can draft at most. */
  readonly most: number;
  /** Where a model drafts, token by token, with one lane; `null` where nothing is computed. */
  readonly context: ContextLoad | null;
}

export interface ChosenDraft {
  readonly drafter: string;
  readonly length: number;
}

/**
 * The draft that gives the most tokens a second, by what decodes have taken and drafts were worth; `null` is none.
 * All generations of a context are taken to do alike, so that what it costs to check a token rises with the crowd.
 * @param open - The share of tokens that are chosen; a constraint forces the others, with a draft or without.
 */
export function chooseDraft(
  contexts: readonly ContextLoad[],
  options: readonly DraftOption[],
  open = 1,
): ChosenDraft | null {
  // What a draft is better than must be known: where all are drafted nobody measures it.
  if (!contexts.every(({ costs, generations, lanes }) => costs.isKnown(generations * lanes))) {
    return null;
  }
  const plain = timeOf(contexts, null, 0)!;
  let best: ChosenDraft | null = null;
  let speed = leastGain / plain;
  for (const { drafter, rate, most, context } of options) {
    for (let length = 1; length <= most; length++) {
      const time = timeOf(contexts, context, length);
      if (time === undefined) break;
      const promised = expectedTokens(rate, length * open) / time;
      if (promised <= speed) continue;
      speed = promised;
      best = { drafter, length };
    }
  }
  return best;
}

/** Tokens that a draft of `length` gives, the one after it or in place of the first wrong one included. */
function expectedTokens(rate: number, length: number): number {
  return rate === 1 ? length + 1 : (1 - rate ** (length + 1)) / (1 - rate);
}

/** Milliseconds until a draft is checked; `undefined` before any decode was measured. */
function timeOf(
  contexts: readonly ContextLoad[],
  drafting: ContextLoad | null,
  length: number,
): number | undefined {
  let time = turnMs;
  for (const context of contexts) {
    const { costs, generations, lanes } = context;
    const isDrafting = context === drafting;
    // The drafting model has all rows but the last already.
    const tokens = isDrafting ? (lanes - 1) * (length + 1) + 1 : lanes * (length + 1);
    const checking = costs.of(generations * tokens);
    const step = isDrafting ? costs.of(generations) : 0;
    if (checking === undefined || step === undefined) return undefined;
    time += checking + length * (step + (isDrafting ? turnMs : 0));
  }
  return time;
}
