import { exponentialAt, type RowKernels, uniformAt } from '../math/index.ts';
import {
  ContractError,
  InvalidOptionError,
  type LogitBounds,
  type TokenId,
} from '../spec/index.ts';
import { chooseBounded, type BoundedChoice } from './bounded-choice.ts';
import { type Candidates, bestToken, gatherCandidates, isUncut } from './candidates.ts';
import {
  keepProbability,
  recoveredProbabilities,
  type DraftedToken,
  type TokenProbabilities,
} from './coupling.ts';
import { filterCandidates } from './filters.ts';
import type { ResolvedSampling } from './options.ts';
import { biasInPlace, penalizeInPlace } from './penalties.ts';

/** Attempts of draws that stand beside those of `choose`. */
const draftedAttempts = 2 ** 20;
const recoveredAttempts = 2 ** 21;

/** Numbers that decide whether a draft is kept, apart from those that decide segments. */
const decisionOffset = 2 ** 51;

/** Positions that belong to one attempt. */
const attemptStride = 2 ** 30;

/** By how much, at temperature 1, rounding may favour one of two tokens over the other in a draw; nats. */
const drawError = 1e-5;

/** What decides between some tokens beside their logits. */
export interface DrawNoise {
  /** Of each token, in nats at temperature 1. */
  readonly added: Float64Array;
  /** What the largest sum must be ahead by to be chosen for certain; 0 where sums are exact. */
  readonly error: number;
}

export interface SamplerOptions {
  readonly sampling: ResolvedSampling;
  /** Length of every row the sampler will see. */
  readonly vocabSize: number;
  /** Tokens before the answer, which only the repetition penalty looks at. */
  readonly promptTokens: readonly TokenId[];
  /** Any safe integer. */
  readonly seed: number;
}

/**
 * Steps 3 and 6 to 9 of the order of operations for one generation. Rows hold the composed logits of
 * the position behind the last accepted token; they are `[vocabSize]`, NaN and `+Infinity` refused.
 * A draw is `argmax_v log p(v) + G(v)`, G being Gumbel noise that belongs to the seed, the position and the
 * token alone. So nothing but the accepted tokens is state, and two distributions that are alike mostly give
 * the same token: whoever drafts with the sampler is right as often as can be.
 * @see Maddison et al. 2014, "A* Sampling", arXiv:1411.0030; Daliri et al. 2024, arXiv:2408.07978
 */
export interface Sampler {
  /** Tokens accepted. */
  readonly length: number;
  /** Step 3, in place: repetition, presence and frequency penalties, then logit bias. */
  adjust(kernels: RowKernels, row: number): void;
  /**
   * Steps 6 to 8: a token drawn from {@link Sampler.probabilities}; at temperature 0 the largest
   * logit's, the lowest id among equals. The row stays as it is; the same call gives the same token.
   * @param attempt - An integer from 0 below 2^20: another draws anew at the same position.
   * @throws EmptySupportError if every entry is `-Infinity`.
   */
  choose(kernels: RowKernels, row: number, attempt?: number): TokenId;
  /**
   * {@link Sampler.choose} where some of the logits are only bounds: what it would choose if all were exact, as far as
   * that can be told. `typicalP` must be 1: which tokens are typical depends on every logit.
   */
  chooseBounded(
    kernels: RowKernels,
    row: number,
    bounds: LogitBounds,
    attempt?: number,
  ): BoundedChoice;
  /**
   * What {@link Sampler.choose} adds to the logits of some tokens, if no others may be chosen: it takes that of the
   * largest sum, so that a logit need not be known where a bound on it is small enough. `null` where filters would
   * cut off some of them, which depends on all logits.
   */
  noise(tokenIds: Int32Array, attempt?: number): DrawNoise | null;
  /**
   * A token of {@link Sampler.probabilities} by draws that depend on a draft: the drafted token as often as
   * possible, or what takes its place. The draws are apart from those of {@link Sampler.choose}.
   * @param drafted - Drawn by {@link Sampler.draft} at the same position and attempt.
   */
  couple(kernels: RowKernels, row: number, drafted: DraftedToken, attempt?: number): TokenId;
  /** A token for {@link Sampler.couple}, and the distribution of another row that it is drawn from. */
  draft(kernels: RowKernels, row: number, attempt?: number): DraftedToken;
  /**
   * The distribution after step 7 that {@link Sampler.choose} draws from; at temperature 0 all of it
   * is on one token. @throws EmptySupportError if every entry is `-Infinity`.
   */
  probabilities(kernels: RowKernels, row: number): TokenProbabilities;
  /** Step 9: takes the token into the state. */
  accept(tokenId: TokenId): void;
  /** Keeps the first `length` accepted tokens, as if no more had been accepted. */
  truncate(length: number): void;
}

/** @throws InvalidOptionError for a bias or a prompt token outside the vocabulary. */
export function createSampler(options: SamplerOptions): Sampler {
  const { sampling, vocabSize, seed } = options;
  const isToken = (tokenId: TokenId): boolean =>
    Number.isInteger(tokenId) && tokenId >= 0 && tokenId < vocabSize;
  const requireToken = (option: string, tokenId: TokenId): void => {
    if (isToken(tokenId)) return;
    throw new InvalidOptionError(
      option,
      `${option} names token ${tokenId}; the vocabulary has tokens 0 to ${vocabSize - 1}.`,
    );
  };
  for (const { tokenId } of sampling.logitBias) requireToken('logitBias', tokenId);
  for (const tokenId of options.promptTokens) requireToken('promptTokens', tokenId);

  const prompt = new Set(sampling.repetitionPenalty === 1 ? [] : options.promptTokens);
  const generated = new Map<TokenId, number>();
  const accepted: TokenId[] = [];

  const requireFit = (kernels: RowKernels): void => {
    if (kernels.length === vocabSize) return;
    throw new ContractError(
      `The rows have ${kernels.length} entries, the sampler's vocabulary ${vocabSize}.`,
    );
  };

  function candidates(kernels: RowKernels, row: number): Candidates {
    requireFit(kernels);
    if (sampling.temperature > 0) {
      return filterCandidates(gatherCandidates(kernels, row, sampling), sampling);
    }
    return {
      tokenIds: Int32Array.of(bestToken(kernels, row)),
      weights: Float32Array.of(1),
      mass: 1,
    };
  }

  function probabilities(kernels: RowKernels, row: number): TokenProbabilities {
    const { tokenIds, weights, mass } = candidates(kernels, row);
    return {
      tokenIds: tokenIds.slice(),
      probabilities: Float64Array.from(weights, (weight) => weight / mass),
    };
  }

  /** A token of a sparse distribution. */
  function drawFrom(kernels: RowKernels, from: TokenProbabilities, attempt: number): TokenId {
    const noise = { seed, position: accepted.length, attempt };
    const weights = Float32Array.from(from.probabilities);
    return from.tokenIds[kernels.raceAmong(from.tokenIds, weights, noise)]!;
  }

  function choose(kernels: RowKernels, row: number, attempt = 0): TokenId {
    requireFit(kernels);
    const { temperature } = sampling;
    if (temperature === 0) return bestToken(kernels, row);
    const noise = { seed, position: accepted.length, attempt };
    if (isUncut(sampling, vocabSize)) {
      bestToken(kernels, row);
      return kernels.race(row, 1 / temperature, noise);
    }
    const { tokenIds, weights } = candidates(kernels, row);
    return tokenIds[kernels.raceAmong(tokenIds, weights, noise)]!;
  }

  return {
    get length() {
      return accepted.length;
    },
    adjust(kernels, row) {
      requireFit(kernels);
      penalizeInPlace(kernels.row(row), { prompt, generated }, sampling);
      biasInPlace(kernels.row(row), sampling.logitBias);
    },
    choose,
    chooseBounded(kernels, row, bounds, attempt = 0) {
      requireFit(kernels);
      const noise = { seed, position: accepted.length, attempt };
      return chooseBounded({
        kernels,
        row,
        bounds,
        sampling,
        choose: () => choose(kernels, row, attempt),
        chooseAmong: (tokenIds, weights) => tokenIds[kernels.raceAmong(tokenIds, weights, noise)]!,
      });
    },
    noise(tokenIds, attempt = 0) {
      const { temperature } = sampling;
      if (temperature === 0) return { added: new Float64Array(tokenIds.length), error: 0 };
      if (!isUncut(sampling, tokenIds.length)) return null;
      const noise = { seed, position: accepted.length, attempt };
      return {
        added: Float64Array.from(
          tokenIds,
          (id) => -temperature * Math.log(exponentialAt(noise, id)),
        ),
        error: temperature * drawError,
      };
    },
    couple(kernels, row, drafted, attempt = 0) {
      const target = probabilities(kernels, row);
      const uniform = uniformAt(seed, decisionOffset + accepted.length + attempt * attemptStride);
      if (uniform < keepProbability(target, drafted)) return drafted.tokenId;
      const recovered = recoveredProbabilities(target, drafted);
      return drawFrom(kernels, recovered, attempt + recoveredAttempts);
    },
    draft(kernels, row, attempt = 0) {
      const from = probabilities(kernels, row);
      return {
        tokenId: drawFrom(kernels, from, attempt + draftedAttempts),
        probabilities: from,
      };
    },
    probabilities,
    accept(tokenId) {
      if (!isToken(tokenId)) {
        throw new ContractError(`There is no token ${tokenId}: the vocabulary has ${vocabSize}.`);
      }
      accepted.push(tokenId);
      generated.set(tokenId, (generated.get(tokenId) ?? 0) + 1);
    },
    truncate(length) {
      if (!Number.isInteger(length) || length < 0 || length > accepted.length) {
        throw new ContractError(
          `Cannot keep ${length} accepted tokens: there are ${accepted.length}.`,
        );
      }
      for (const tokenId of accepted.splice(length)) {
        const count = generated.get(tokenId)! - 1;
        if (count === 0) generated.delete(tokenId);
        else generated.set(tokenId, count);
      }
    },
  };
}
