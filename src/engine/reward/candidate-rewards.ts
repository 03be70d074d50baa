import { candidateScores, requireWithin } from '../../reward/index.ts';
import type { Guidance } from '../../spec/index.ts';
import type { RewardScorer } from './reward-scorer.ts';
import { largestShare, sharesOf, type RewardShare, type WeighedReward } from './reward-shares.ts';

export interface CandidateRewardsOptions {
  /** The candidates, shape `[candidates]`. */
  readonly tokenIds: Int32Array;
  readonly guiding: readonly WeighedReward[];
  readonly method: Guidance['method'];
  /** Those of the guiding rewards, and more. */
  readonly scorers: readonly RewardScorer[];
  /** Told how many candidates a guiding reward has valued. */
  readonly onValued: (reward: string, count: number) => void;
}

/** What the rewards say of the candidates for one token, as far as they have been asked. */
export class CandidateRewards {
  readonly #options: CandidateRewardsOptions;
  readonly #costly: readonly RewardScorer[];
  readonly #isValued: Uint8Array;
  /** The share of each guiding reward in each candidate's score, or the largest there can be. */
  readonly #shares: readonly Float64Array[];
  #totals: Float64Array;

  constructor(options: CandidateRewardsOptions) {
    const { tokenIds, guiding, method } = options;
    const { length } = tokenIds;
    this.#options = options;
    this.#costly = this.#guides.filter(({ isCostly }) => isCostly);
    this.#isValued = new Uint8Array(length).fill(this.#costly.length === 0 ? 1 : 0);
    this.#shares = guiding.map((each) => new Float64Array(length).fill(largestShare(each, method)));
    this.#totals = this.#sum();
  }

  get tokenIds(): Int32Array {
    return this.#options.tokenIds;
  }

  /** Sum of the shares of each candidate; of one that is not valued, what it is at most. Shape `[candidates]`. */
  get totals(): Float64Array {
    return this.#totals;
  }

  /** Whether all rewards have been asked about a candidate. */
  isValued(place: number): boolean {
    return this.#isValued[place] === 1;
  }

  /** Asks whoever costs nothing about all candidates: once, before anything else. */
  begin(signal: AbortSignal): void | Promise<void> {
    const places = [...this.#options.tokenIds.keys()];
    const free = this.#guides.filter(({ isCostly }) => !isCostly);
    return this.#ask(free, places, signal);
  }

  /**
   * Asks the others about candidates that have not been valued. A promise where that takes time.
   * @throws RewardError also for a value beyond its reward's bounds.
   */
  value(places: readonly number[], signal: AbortSignal): void | Promise<void> {
    const done = this.#ask(this.#costly, places, signal);
    const settle = () => {
      for (const place of places) this.#isValued[place] = 1;
    };
    return done instanceof Promise ? done.then(settle) : settle();
  }

  /** The shares of a valued candidate, in the order of the rewards. */
  sharesOf(place: number): RewardShare[] {
    return this.#options.guiding.map(({ name, weight }, i) => {
      const share = this.#shares[i]![place]!;
      return { name, weight, value: share / weight, share };
    });
  }

  get #guides(): readonly RewardScorer[] {
    const { guiding, scorers } = this.#options;
    const names = new Set(guiding.map(({ name }) => name));
    return scorers.filter((scorer) => scorer.names.some((name) => names.has(name)));
  }

  #ask(
    scorers: readonly RewardScorer[],
    places: readonly number[],
    signal: AbortSignal,
  ): void | Promise<void> {
    const continuations = places.map((place) => [this.tokenIds[place]!]);
    const given = scorers.map((scorer) => scorer.score(continuations, signal));
    const take = (values: readonly (readonly Float64Array[])[]) => {
      for (const [i, { names }] of scorers.entries()) {
        for (const [j, name] of names.entries()) this.#take(name, places, values[i]![j]!);
      }
      this.#totals = this.#sum();
    };
    if (given.every(isAtHand)) return take(given);
    return Promise.all(given.map((values) => Promise.resolve(values))).then(take);
  }

  #take(name: string, places: readonly number[], values: Float64Array): void {
    const { guiding, method, onValued } = this.#options;
    const index = guiding.findIndex((reward) => reward.name === name);
    const reward = guiding[index];
    if (reward === undefined) return;
    if (reward.bounds !== null) requireWithin(name, reward.bounds, values);
    const shares = sharesOf(reward, values, method);
    for (const [i, place] of places.entries()) this.#shares[index]![place] = shares[i]!;
    onValued(name, places.length);
  }

  #sum(): Float64Array {
    return candidateScores(new Float64Array(this.tokenIds.length), this.#shares);
  }
}

function isAtHand<Values extends object>(values: Values | Promise<Values>): values is Values {
  return !(values instanceof Promise);
}
