import { uniformAt } from '../../math/index.ts';
import { endsSegment, takenTry, type SegmentGuidance } from '../../reward/index.ts';

/** Numbers that decide segments are drawn far from those that draw tokens. */
const decisionOffset = 2 ** 52;

/** Positions that belong to one try. */
const tryStride = 2 ** 32;

/**
 * Where segments begin and end, and which are kept. A rejected one is sampled again with other draws;
 * when the best of all tries is to be taken, it is drawn once more, which the seed makes the same.
 * @see Li et al. 2024, "Cascade Reward Sampling", arXiv:2406.16306
 */
export class SegmentSearch {
  readonly #guidance: SegmentGuidance;
  readonly #seed: number;
  #start = 0;
  /** Rewards of the answer with each try of the segment in work. */
  #totals: number[] = [];
  /** The try that is drawn once more; none while there may be others. */
  #replayed: number | null = null;

  constructor(guidance: SegmentGuidance, seed: number) {
    this.#guidance = guidance;
    this.#seed = seed;
  }

  /** Tokens of the answer before the segment in work. */
  get start(): number {
    return this.#start;
  }

  /** Which draws the segment in work uses. */
  get attempt(): number {
    return this.#replayed ?? this.#totals.length;
  }

  /** Whether the segment in work ends before the next token. @param entropy - Of that token, nats. */
  isOver(length: number, entropy: () => number): boolean {
    const own = length - this.#start;
    return own > 0 && endsSegment(this.#guidance, { length: own, entropy: entropy() });
  }

  /** Whether the segment that reaches to `length` is kept. @param total - Reward of the answer with it. */
  judge(length: number, total: number): boolean {
    if (this.#replayed === null) {
      const position = this.#start + this.#totals.length * tryStride;
      const uniform = uniformAt(this.#seed, decisionOffset + position);
      this.#totals.push(total);
      const taken = takenTry(this.#totals, this.#guidance, uniform);
      if (taken !== this.#totals.length - 1) {
        this.#replayed = taken;
        return false;
      }
    }
    this.#start = length;
    this.#totals = [];
    this.#replayed = null;
    return true;
  }
}
