import type { Guidance, RewardUsage, TokenId } from '../../spec/index.ts';
import { CandidateRewards } from './candidate-rewards.ts';
import type { RewardScorer } from './reward-scorer.ts';
import { answerScore, type WeighedReward } from './reward-shares.ts';

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
  readonly #usage = new Map<string, RewardUsage>();

  constructor(options: GenerationRewardsOptions) {
    this.#options = options;
  }

  /** By guiding reward, how many candidates there were and how many it valued. */
  get usage(): Readonly<Record<string, RewardUsage>> {
    return Object.fromEntries(this.#usage);
  }

  /** Begins to weigh the candidates for the next token: whatever costs nothing is known of all of them. */
  begin(tokenIds: Int32Array, signal: AbortSignal): CandidateRewards | Promise<CandidateRewards> {
    const { guiding, method, followers } = this.#options;
    for (const { name } of guiding) this.#count(name, 'candidates', tokenIds.length);
    const candidates = new CandidateRewards({
      tokenIds,
      guiding,
      method,
      scorers: followers,
      onValued: (name, count) => this.#count(name, 'valued', count),
    });
    const pending = candidates.begin(signal);
    return pending instanceof Promise ? pending.then(() => candidates) : candidates;
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

  #count(reward: string, what: keyof RewardUsage, count: number): void {
    const usage = this.#usage.get(reward) ?? { candidates: 0, valued: 0 };
    this.#usage.set(reward, { ...usage, [what]: usage[what] + count });
  }
}

async function valuesOf(
  scorers: readonly RewardScorer[],
  end: TokenId | null,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const values = await Promise.all(scorers.map((scorer) => scorer.value(end, signal)));
  return new Map(scorers.flatMap(({ names }, i) => names.map((name, j) => [name, values[i]![j]!])));
}
