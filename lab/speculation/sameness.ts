// Whether answers with speculation are those without.
import type { GenerationResult, LoadedRecipe, TokenId } from '../../src/index.ts';
import type { Asked } from './workloads.ts';

/** Answers against those that nobody drafted. */
export interface Sameness {
  readonly answers: number;
  readonly differing: number;
  /** Of the differing ones, greedy ones that part where the two tokens are about as likely. */
  readonly nearTies: number;
  /** Greedy ones that part elsewhere: these no rounding explains. */
  readonly broken: number;
}

/**
 * Log-probs of two tokens that are so near, in nats, may change places where rows are equal up to rounding: what
 * K-quants differ by from one shape of a batch to another.
 */
const nearTie = 0.2;

type Answer = Pick<GenerationResult, 'text' | 'tokens'>;

/** The first place where two lists differ, or where the shorter one ends; -1 if they are the same. */
export function firstDifference(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return i;
  return -1;
}

export async function compareAnswers(
  loaded: LoadedRecipe,
  asked: readonly Asked[],
  plain: readonly Answer[],
  drafted: readonly Answer[],
): Promise<Sameness> {
  let [differing, nearTies, broken] = [0, 0, 0];
  for (const [i, { prompt, options }] of asked.entries()) {
    const [ids, otherIds] = [idsOf(plain[i]!), idsOf(drafted[i]!)];
    const place = firstDifference(ids, otherIds);
    if (place === -1 && areSameBytes(plain[i]!.text, drafted[i]!.text)) continue;
    differing++;
    if (place === -1 || options.temperature !== 0) continue;
    const [end] = (await loaded.tokenizeExchange(prompt, { answer: '' })).answer;
    const logprob = async (tokenId: TokenId) => {
      const { tokens } = await loaded.score(prompt, [...ids.slice(0, place), tokenId]);
      return tokens.at(-1)!.logprob;
    };
    const gap = (await logprob(ids[place] ?? end!)) - (await logprob(otherIds[place] ?? end!));
    if (Math.abs(gap) <= nearTie) nearTies++;
    else broken++;
  }
  return { answers: asked.length, differing, nearTies, broken };
}

function idsOf({ tokens }: Answer): TokenId[] {
  return tokens.map(({ tokenId }) => tokenId);
}

function areSameBytes(a: string, b: string): boolean {
  return Buffer.from(a).equals(Buffer.from(b));
}
