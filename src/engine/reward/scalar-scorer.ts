import { mapTokens, notFiniteRemedy, type VocabularyAlignment } from '../../compose/index.ts';
import type { RewardHead } from '../../reward/index.ts';
import { RewardError, type Continuations, type TokenId } from '../../spec/index.ts';
import type { CandidateLanes } from './candidate-lanes.ts';
import { scoreLast, type RewardScorer } from './reward-scorer.ts';

export interface NamedHead {
  /** Of the reward. */
  readonly name: string;
  readonly head: RewardHead;
}

/** A scalar reward model in one answer: all its heads read the same hidden states. */
export class ScalarScorer implements RewardScorer {
  readonly names: readonly string[];
  readonly isCostly = true;
  readonly #candidates: CandidateLanes;
  readonly #heads: readonly NamedHead[];
  readonly #alignment: VocabularyAlignment;
  readonly #accepted: TokenId[] = [];

  constructor(
    candidates: CandidateLanes,
    heads: readonly NamedHead[],
    alignment: VocabularyAlignment,
  ) {
    this.names = heads.map(({ name }) => name);
    this.#candidates = candidates;
    this.#heads = heads;
    this.#alignment = alignment;
  }

  async score(continuations: Continuations, signal: AbortSignal): Promise<readonly Float64Array[]> {
    const own = continuations.map((tokens) => mapTokens(this.#alignment, tokens));
    const values = this.#heads.map(() => new Float64Array(own.length));
    const take = (hiddenState: Float32Array, continuation: number): void => {
      for (const [i, { name, head }] of this.#heads.entries()) {
        values[i]![continuation] = finite(name, head.value(hiddenState));
      }
    };
    await this.#candidates.run(own, take, signal);
    return values;
  }

  async value(end: TokenId | null, signal: AbortSignal): Promise<readonly number[]> {
    const values = await scoreLast(this, this.#accepted, end, signal);
    return values.map(([value]) => value!);
  }

  accept(tokens: readonly TokenId[]): void {
    this.#accepted.push(...tokens);
    this.#candidates.accept(mapTokens(this.#alignment, tokens));
  }

  truncate(length: number): void {
    this.#accepted.length = length;
    this.#candidates.truncate(length);
  }

  park(): void {
    this.#candidates.park();
  }

  resume(): void {
    this.#candidates.resume();
  }

  [Symbol.dispose](): void {
    this.#candidates[Symbol.dispose]();
  }
}

/** @throws RewardError */
function finite(reward: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RewardError(reward, `The reward ${reward} gave ${value}. ${notFiniteRemedy}`);
}
