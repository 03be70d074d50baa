import { EmptySupportError, type LogitBounds, type TokenId } from '../spec/index.ts';
import { boundSupport, type BoundedRow } from './bounded-support.ts';

/** Tokens that are asked for at once at most: whoever needs more needs the rest of the row. */
export const mostNeeded = 256;

/** What a choice comes to among logits of which some are only bounds. */
export interface BoundedChoice {
  /** What is chosen among the tokens whose logits are exact; `null` where none of them is allowed. */
  readonly tokenId: TokenId | null;
  /** Whether it would be chosen, too, if all logits were exact. */
  readonly isCertain: boolean;
  /** Where it is not: what should be known of the row, these tokens or, where there are none, more of the best. */
  readonly needed: readonly TokenId[];
  /**
   * The total variation, at most, between the distribution that it is drawn from and that of all tokens: 0 where it is
   * certain, 1 where nothing better is known.
   */
  readonly totalVariation: number;
}

/** A row, whose tokens are banned meanwhile, and how one of it is drawn. */
export interface BoundedDraw extends BoundedRow {
  /** As `Sampler.choose`, of the row as it then is. */
  readonly choose: () => TokenId;
  /** The winner among tokens, ascending, of these weights. */
  readonly chooseAmong: (tokenIds: Int32Array, weights: Float32Array) => TokenId;
}

/**
 * Chooses as if all logits were exact, where that can be told. A draw with Gumbel noise is greedy, `argmax_v x_v / T +
 * G_v`, so that an exact token which beats every bound has won, and those whose bounds beat it are all that must be known.
 * Filters keep what could also be decided: see {@link boundSupport}.
 */
export function chooseBounded(draw: BoundedDraw): BoundedChoice {
  const { kernels, row, bounds, sampling } = draw;
  const logits = kernels.row(row);
  if (isSettled(logits, bounds.known)) return certain(draw.choose());
  const { temperature, topP, topK } = sampling;
  const isByRank = temperature > 0 && topK > 0 && topK < logits.length;
  if (temperature > 0 && topP < 1 && !isByRank) return chooseInNucleus(draw);
  const needed = withBans(logits, (bans) => {
    // What filters leave depends on the best, and by rank on all that are kept.
    if (isByRank) banAmongBest(draw, bans, topK);
    else banWinners(bans, bounds, () => kernels.argmax(row));
    banWinners(bans, bounds, draw.choose);
    return bans.tokenIds;
  });
  const tokenId = withoutUnknown(draw, draw.choose);
  if (tokenId !== null && needed.length === 0) return certain(tokenId);
  return { tokenId, isCertain: false, needed, totalVariation: variationOf(draw, tokenId) };
}

/** Tokens that must be known for the `count` best to be, at most {@link mostNeeded}. */
export function unknownAmongBest(
  draw: Pick<BoundedDraw, 'kernels' | 'row' | 'bounds'>,
  count: number,
): readonly TokenId[] {
  return withBans(draw.kernels.row(draw.row), (bans) => {
    banAmongBest(draw, bans, count);
    return bans.tokenIds;
  });
}

/** By top-p what may be chosen depends on the mass of all: a token is in for certain, out for certain, or neither. */
function chooseInNucleus(draw: BoundedDraw): BoundedChoice {
  const { kernels, row, bounds } = draw;
  const { tokenIds, weights, isCertain, known, knownWeights, totalVariation } = boundSupport(draw);
  const chosen = known.length === 0 ? null : draw.chooseAmong(known, knownWeights);
  const needed: TokenId[] = [];
  const left = Float32Array.from(weights);
  while (needed.length < mostNeeded && left.some((weight) => weight > 0)) {
    const winner = draw.chooseAmong(tokenIds, left);
    const at = tokenIds.indexOf(winner);
    if (bounds.known[winner] === 1) {
      if (needed.length === 0 && isCertain[at] === 1) return certain(winner);
      break;
    }
    needed.push(winner);
    left[at] = 0;
  }
  const best = kernels.argmax(row);
  if (bounds.known[best] === 0 && !needed.includes(best)) needed.push(best);
  return { tokenId: chosen, isCertain: false, needed, totalVariation };
}

function variationOf(draw: BoundedDraw, tokenId: TokenId | null): number {
  const { sampling } = draw;
  if (tokenId === null || sampling.temperature === 0) return 1;
  return boundSupport(draw).totalVariation;
}

/** Whether no other logit counts: all that are allowed are exact, or there is but one. */
function isSettled(logits: Float32Array, known: Uint8Array): boolean {
  let allowed = 0;
  let unknown = 0;
  for (let i = 0; i < logits.length; i++) {
    if (logits[i] === -Infinity) continue;
    allowed++;
    if (known[i] === 0) unknown++;
  }
  return unknown === 0 || allowed === 1;
}

function certain(tokenId: TokenId): BoundedChoice {
  return { tokenId, isCertain: true, needed: [], totalVariation: 0 };
}

/** Tokens that are out for a while. */
interface Bans {
  readonly tokenIds: readonly TokenId[];
  /** @returns Whether there is room for more. */
  add(tokenId: TokenId): boolean;
}

function withBans<Result>(logits: Float32Array, use: (bans: Bans) => Result): Result {
  const tokenIds: TokenId[] = [];
  const values: number[] = [];
  const add = (tokenId: TokenId): boolean => {
    tokenIds.push(tokenId);
    values.push(logits[tokenId]!);
    logits[tokenId] = -Infinity;
    return tokenIds.length < mostNeeded;
  };
  try {
    return use({ tokenIds, add });
  } finally {
    for (const [i, tokenId] of tokenIds.entries()) logits[tokenId] = values[i]!;
  }
}

/** Bans winners until one is known, or nothing is left. */
function banWinners(bans: Bans, { known }: LogitBounds, winner: () => TokenId): void {
  for (;;) {
    let tokenId: TokenId;
    try {
      tokenId = winner();
    } catch (error) {
      if (error instanceof EmptySupportError && bans.tokenIds.length > 0) return;
      throw error;
    }
    if (known[tokenId] === 1 || bans.tokenIds.includes(tokenId) || !bans.add(tokenId)) return;
  }
}

function banAmongBest(
  { kernels, row, bounds }: Pick<BoundedDraw, 'kernels' | 'row' | 'bounds'>,
  bans: Bans,
  count: number,
): void {
  const logits = kernels.row(row);
  for (;;) {
    const unknown = Array.from(kernels.topK(row, count)).filter(
      (tokenId) => bounds.known[tokenId] === 0 && logits[tokenId] !== -Infinity,
    );
    if (unknown.length === 0) return;
    for (const tokenId of unknown) if (!bans.add(tokenId)) return;
  }
}

/** What is chosen where no unknown token may be; `null` where nothing else may. */
function withoutUnknown(
  { kernels, row, bounds }: BoundedDraw,
  choose: () => TokenId,
): TokenId | null {
  const logits = kernels.row(row);
  const given = logits.slice();
  for (let i = 0; i < logits.length; i++) if (bounds.known[i] === 0) logits[i] = -Infinity;
  try {
    return logits[kernels.argmax(row)] === -Infinity ? null : choose();
  } finally {
    logits.set(given);
  }
}
