import { unknownWeight, type RowKernels } from '../math/index.ts';
import type { LogitBounds, TokenId } from '../spec/index.ts';
import type { ResolvedSampling } from './options.ts';

/** A row of logits of which some are only bounds. */
export interface BoundedRow {
  readonly kernels: RowKernels;
  readonly row: number;
  readonly bounds: LogitBounds;
  readonly sampling: ResolvedSampling;
}

/** What may be chosen among logits of which some are only bounds. Weights are `exp((logit − best) / temperature)`. */
export interface BoundedSupport {
  /** What may be chosen, whatever the unknown logits are within their bounds; ascending. */
  readonly tokenIds: Int32Array;
  /** Those of tokens that are unknown are bounds. */
  readonly weights: Float32Array;
  /** 1 where it may be chosen for certain. */
  readonly isCertain: Uint8Array;
  /** What may be chosen if nothing unknown may; ascending. */
  readonly known: Int32Array;
  readonly knownWeights: Float32Array;
  /** Between the distribution over `known`, renormalised, and the one over all, at most. */
  readonly totalVariation: number;
}

/** By how much rounding may move a mass, beside itself: sums of float32 weights are compared. */
const margin = 1e-5;

/** A token, the heaviest first. */
interface Weighed {
  readonly tokenId: TokenId;
  readonly weight: number;
}

/**
 * Which tokens top-k, top-p and min-p leave for certain, and which perhaps, at a temperature above 0. Two distributions that are one,
 * cut to sets A and B, differ by `1 − w(A ∩ B) / max(w(A), w(B))`: at most by what is certain over what is possible.
 */
export function boundSupport({ kernels, row, bounds, sampling }: BoundedRow): BoundedSupport {
  const { temperature, topK, topP, minP } = sampling;
  const logits = kernels.row(row);
  const reference = logits[kernels.argmax(row)]!;
  const [known, unknown] = split(logits, bounds.known, (x) =>
    Math.exp((x - reference) / temperature),
  );
  const tail = unknown.length === 0 ? 0 : unknownWeight(logits, bounds, { temperature, reference });
  const knownMass = massOf(known);
  const isByRank = topK > 0 && topK < logits.length;
  const isUnclear = isByRank && topP < 1; // masses of what ranks leave are not bounded here
  // Masses of known tokens that come before one for certain, and perhaps: rounding decides among weights that are as good as
  // equal, and so does how many of each come before.
  const surely = { count: 0, mass: 0 };
  const perhaps = { count: 0, mass: 0 };
  let hidden = 0; // unknown tokens that may come before
  let isCut = false;
  const possible: (Weighed & { readonly isCertain: boolean })[] = [];
  for (const [rank, token] of known.entries()) {
    const { weight } = token;
    const [above, about] = [weight * (1 + margin), weight * (1 - margin)];
    addWhile(surely, known, (other) => other.weight > above);
    addWhile(perhaps, known, (other) => other.weight >= about);
    while (hidden < unknown.length && unknown[hidden]!.weight >= about) hidden++;
    const unknownBefore = hidden === 0 ? 0 : tail;
    const least = known[0]!.weight * minP;
    const most = Math.max(least, (unknown[0]?.weight ?? 0) * minP);
    // What comes after them by rank or mass is out, whether it is known or not.
    isCut =
      (isByRank && rank >= topK) ||
      (topP < 1 && surely.mass >= topP * (knownMass + tail) * (1 + margin));
    if (isCut || weight < least * (1 - margin)) break;
    const isFirst = perhaps.count === 1 && hidden === 0;
    const before = perhaps.mass - weight + unknownBefore;
    const isCertain =
      (!isByRank || rank + hidden < topK) &&
      (topP === 1 || (!isUnclear && (isFirst || before < topP * knownMass * (1 - margin)))) &&
      weight >= most * (1 + margin);
    possible.push({ ...token, isCertain });
  }
  const lightest = isCut ? possible.at(-1)!.weight : 0;
  const floor = Math.max(lightest, (known[0]?.weight ?? 0) * minP) * (1 - margin);
  const hiding = unknown.filter(({ weight }) => weight >= floor && weight > 0);
  const all = [...possible, ...hiding.map((token) => ({ ...token, isCertain: false }))];
  all.sort((a, b) => a.tokenId - b.tokenId);
  const alone = knownAlone(known, knownMass, { topK: isByRank ? topK : Infinity, topP, minP });
  const certainMass = massOf(possible.filter(({ isCertain }) => isCertain));
  const possibleMass = massOf(possible) + (hiding.length === 0 ? 0 : tail);
  return {
    tokenIds: Int32Array.from(all, ({ tokenId }) => tokenId),
    weights: Float32Array.from(all, ({ weight }) => weight),
    isCertain: Uint8Array.from(all, ({ isCertain }) => Number(isCertain)),
    known: Int32Array.from(alone, ({ tokenId }) => tokenId),
    knownWeights: Float32Array.from(alone, ({ weight }) => weight),
    totalVariation: possibleMass === 0 ? 1 : Math.max(0, 1 - certainMass / possibleMass),
  };
}

/** Adds the next tokens of a list that are so, the heaviest first. */
function addWhile(
  sum: { count: number; mass: number },
  tokens: readonly Weighed[],
  isSo: (token: Weighed) => boolean,
): void {
  for (; sum.count < tokens.length && isSo(tokens[sum.count]!); sum.count++) {
    sum.mass += tokens[sum.count]!.weight;
  }
}

/** Those whose logits are exact, and the others, the heaviest first. */
function split(
  logits: Float32Array,
  known: Uint8Array,
  weightOf: (logit: number) => number,
): readonly [Weighed[], Weighed[]] {
  const parts: [Weighed[], Weighed[]] = [[], []];
  for (let tokenId = 0; tokenId < logits.length; tokenId++) {
    if (logits[tokenId] === -Infinity) continue;
    parts[known[tokenId] === 1 ? 0 : 1].push({ tokenId, weight: weightOf(logits[tokenId]!) });
  }
  for (const part of parts) part.sort((a, b) => b.weight - a.weight || a.tokenId - b.tokenId);
  return parts;
}

/** What filters leave where nothing else may be chosen; ascending. */
function knownAlone(
  known: readonly Weighed[],
  mass: number,
  { topK, topP, minP }: { readonly topK: number; readonly topP: number; readonly minP: number },
): Weighed[] {
  const ranked = known.slice(0, topK);
  const target = topP * (topK === Infinity ? mass : massOf(ranked));
  let before = 0;
  const kept = ranked.filter(({ weight }, i) => {
    const isIn = (i === 0 || topP === 1 || before < target) && weight >= minP * ranked[0]!.weight;
    before += weight;
    return isIn;
  });
  return kept.toSorted((a, b) => a.tokenId - b.tokenId);
}

function massOf(tokens: readonly Weighed[]): number {
  return tokens.reduce((sum, { weight }) => sum + weight, 0);
}
