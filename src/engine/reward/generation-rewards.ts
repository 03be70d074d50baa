import {
  candidateScores,
  normalise,
  rewardShares,
  type Normalization,
} from '../../reward/index.ts';
import type { Continuations, Guidance, TokenId } from '../../spec/index.ts';
import type { RewardScorer } from './reward-scorer.ts';

/** A reward that bends an answer. */
export interface WeighedReward {
  readonly name: string;
  /** `rewardWeight × weight`, not 0. */
  readonly weight: number;
  readonly normalization: Normalization | null;
}

/** One guiding reward's part in a token's score. */
export interface RewardShare {
  readonly name: string;
  readonly weight: number;
  readonly value: number;
  /** `weight × value`. */
  readonly share: number;
}

/** What the rewards say of the candidates for one token. */
export interface CandidateRewards {
  /** Sum of the shares of each candidate, shape `[candidates]`. */
  readonly totals: Float64Array;
  /** The shares of one candidate, in the order of the rewards. */
  sharesOf(candidate: number): RewardShare[];
}

export interface GenerationRewardsOptions {
  readonly guiding: readonly WeighedReward[];
  readonly method: Guidance['method'];
  /** Follow the answer token by token: those of the guiding rewards, and more. */
  readonly followers: readonly RewardScorer[];
  /** Of the others, which only report on the finished answer. */
  readonly judges: readonly RewardScorer[];
}

/** The rewards of one answer. */
export class GenerationRewards implements Disposable {
  readonly #options: GenerationRewardsOptions;
  readonly #answer: TokenId[] = [];

  constructor(options: GenerationRewardsOptions) {
    this.#options = options;
  }

  /** Values of one-token continuations, weighted. */
  score(candidates: Int32Array, signal: AbortSignal): CandidateRewards | Promise<CandidateRewards> {
    const continuations: Continuations = Array.from(candidates, (tokenId) => [tokenId]);
    const given = this.#options.followers.map((scorer) => scorer.score(continuations, signal));
    const count = candidates.length;
    if (given.every(isAtHand)) return this.#weigh(given.flat(), count);
    const all = Promise.all(given.map((values) => Promise.resolve(values)));
    return all.then((values) => this.#weigh(values.flat(), count));
  }

  accept(tokens: readonly TokenId[]): void {
    this.#answer.push(...tokens);
    for (const scorer of this.#options.followers) scorer.accept(tokens);
  }

  truncate(length: number): void {
    this.#answer.length = length;
    for (const scorer of this.#options.followers) scorer.truncate(length);
  }

  /** The weighted sum of the guiding rewards' values of the answer so far, or of its end. */
  async total(end: TokenId | null, signal: AbortSignal): Promise<number> {
    const values = await valuesOf(this.#options.followers, end, signal);
    const { guiding, method } = this.#options;
    return answerScore(guiding, method, (name) => values.get(name)!);
  }

  /** Values of the whole answer as the rewards give them, by their names. */
  async report(
    end: TokenId | null,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, number>>> {
    const { followers, judges } = this.#options;
    for (const judge of judges) judge.accept(this.#answer);
    return Object.fromEntries(await valuesOf([...followers, ...judges], end, signal));
  }

  park(): void {
    for (const scorer of this.#scorers) scorer.park?.();
  }

  /** @throws KvCacheFullError */
  resume(): void {
    for (const scorer of this.#scorers) scorer.resume?.();
  }

  [Symbol.dispose](): void {
    for (const scorer of this.#scorers) scorer[Symbol.dispose]();
  }

  get #scorers(): readonly RewardScorer[] {
    return [...this.#options.followers, ...this.#options.judges];
  }

  #weigh(values: readonly Float64Array[], count: number): CandidateRewards {
    const { guiding, followers, method } = this.#options;
    const names = followers.flatMap((scorer) => scorer.names);
    const byName = new Map(names.map((name, i) => [name, values[i]!]));
    const shares = guiding.map((reward) => sharesOf(reward, byName.get(reward.name)!, method));
    return {
      totals: candidateScores(new Float64Array(count), shares),
      sharesOf: (candidate) =>
        guiding.map(({ name, weight }, i) => {
          const share = shares[i]![candidate]!;
          return { name, weight, value: share / weight, share };
        }),
    };
  }
}

/** A reward's share of the score of each of several answers, from its values of them. */
function sharesOf(
  { weight, normalization }: WeighedReward,
  values: Float64Array,
  method: Guidance['method'],
): Float64Array {
  // RAD's rewards are trained to give values from 0 to 1, and are taken as they are.
  if (method === 'rad') return rewardShares('rad', values, weight);
  const scaled =
    normalization === null ? values : values.map((value) => normalise(value, normalization));
  return rewardShares('args', scaled, weight);
}

/** The score of a whole answer: the sum of the rewards' shares. */
export function answerScore(
  rewards: readonly WeighedReward[],
  method: Guidance['method'],
  valueOf: (name: string) => number,
): number {
  const shares = rewards.map(
    (reward) => sharesOf(reward, Float64Array.of(valueOf(reward.name)), method)[0]!,
  );
  return shares.reduce((sum, share) => sum + share, 0);
}

async function valuesOf(
  scorers: readonly RewardScorer[],
  end: TokenId | null,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const values = await Promise.all(scorers.map((scorer) => scorer.value(end, signal)));
  return new Map(scorers.flatMap(({ names }, i) => names.map((name, j) => [name, values[i]![j]!])));
}

function isAtHand<Values extends object>(values: Values | Promise<Values>): values is Values {
  return !(values instanceof Promise);
}
