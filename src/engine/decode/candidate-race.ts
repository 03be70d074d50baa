import type { DrawNoise } from '../../sampling/index.ts';
import type { CandidateRewards } from '../reward/candidate-rewards.ts';
import { valueOf, type Steps } from './course.ts';

/** Candidates that are valued at once, at least: together they cost little more than one. */
const leastAtOnce = 2;

export interface CandidateRaceOptions {
  readonly candidates: CandidateRewards;
  /** Of the candidates, before rewards; shape `[candidates]`. */
  readonly logits: Float64Array;
  /** What else decides between them; `null` values them all. */
  readonly noise: DrawNoise | null;
  readonly signal: AbortSignal;
}

/**
 * Values candidates by what rewards can at most make of them, the best first, until none of the others can be
 * chosen any more. So the token is the one that is chosen where all are valued, from the same seed.
 * @see Maddison et al. 2014, "A* Sampling", arXiv:1411.0030: a race between bounds is decided early.
 */
export function* valueCandidates(options: CandidateRaceOptions): Steps {
  const { candidates, logits, noise, signal } = options;
  const places = [...logits.keys()];
  for (;;) {
    const open = places.filter((place) => !candidates.isValued(place));
    const next = noise === null ? open : nextToValue(candidates, logits, noise);
    if (next.length === 0) return;
    yield* valueOf(candidates.value(next, signal));
  }
}

/** Which candidates are valued next; none once the choice is certain. */
function nextToValue(
  candidates: CandidateRewards,
  logits: Float64Array,
  { added, error }: DrawNoise,
): number[] {
  const { totals } = candidates;
  // A row holds float32: rounded as there, bounds stay bounds.
  const scores = logits.map((logit, i) => Math.fround(logit + totals[i]!) + added[i]!);
  const ranked = [...logits.keys()].toSorted((a, b) => scores[b]! - scores[a]!);
  const valued = ranked.filter((place) => candidates.isValued(place));
  const open = ranked.filter((place) => !candidates.isValued(place));
  const [best = -Infinity, second = -Infinity] = valued.map((place) => scores[place]!);
  const promising = open.filter((place) => scores[place]! >= best - error);
  if (promising.length > 0) {
    const unbounded = promising.filter((place) => scores[place] === Infinity);
    // Half as many again each time, so that few turns are needed where bounds say little.
    return unbounded.length > 0
      ? unbounded
      : promising.slice(0, Math.max(leastAtOnce, valued.length >> 1));
  }
  // Too near to one another for rounding not to matter: it is then to be that of the whole row.
  return error > 0 && best - second <= error ? open : [];
}
