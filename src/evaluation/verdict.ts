import { taskGapClosed } from './gap-closed.ts';
import type { BootstrapOptions } from './statistics/bootstrap.ts';
import {
  comparePaired,
  showSampleSize,
  type PairedComparison,
  type SampleSize,
} from './statistics/compare-paired.ts';
import type { Grouping } from './statistics/groups.ts';
import { requireLevel } from './statistics/interval.ts';
import { mean } from './statistics/mean.ts';

/** A recipe and what it is made of, on the same items in the same order. */
export interface SystemResults extends Grouping {
  readonly base: readonly number[];
  /** The expert alone. */
  readonly expert: readonly number[];
  readonly composed: readonly number[];
  /** The base tuned directly, where there is such a model. */
  readonly direct?: readonly number[];
  /** Whether lower values are better, as of toxicity. */
  readonly lowerIsBetter?: boolean;
}

export interface VerdictOptions extends BootstrapOptions {
  /** A difference counts with a p-value below this. */
  readonly significance?: number;
}

export const verdictDefaults = { significance: 0.05 } as const satisfies VerdictOptions;

export type VerdictKind = 'helps' | 'expert is better' | 'no evidence' | 'hurts';

/** Whether a recipe is worth its models on one task. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** `does not help: the expert alone is better`, with what else is to be said. */
  readonly text: string;
  /** How the composition differs from each; positive is higher, whichever is better. */
  readonly overBase: PairedComparison;
  readonly overExpert: PairedComparison;
  readonly overDirect: PairedComparison | null;
  /** The share of direct tuning's gain, 1 being all; `null` where direct tuning gains nothing. */
  readonly gapClosed: number | null;
}

/**
 * A recipe hurts where it is significantly worse than the base; does not help where the expert alone is
 * significantly better; helps where it is significantly better than both. Else there is no evidence, and
 * the text says which comparison lacks it.
 * @throws InvalidOptionError for results that are not paired, or options out of range.
 */
export function judgeRecipe(results: SystemResults, options: VerdictOptions = {}): Verdict {
  const { base, expert, composed, direct, groups, lowerIsBetter = false } = results;
  const { significance } = { ...verdictDefaults, ...options };
  requireLevel('significance', significance);
  const compare = (other: readonly number[]): PairedComparison =>
    comparePaired(other, composed, { ...options, groups });
  const overBase = compare(base);
  const overExpert = compare(expert);
  const overDirect = direct === undefined ? null : compare(direct);
  return {
    ...judgeComparisons(overBase, overExpert, { significance, lowerIsBetter }),
    overBase,
    overExpert,
    overDirect,
    gapClosed: direct === undefined ? null : gapOf(base, direct, composed, lowerIsBetter),
  };
}

/**
 * What two comparisons of a composition say, as {@link judgeRecipe} has it; their p-values may have been
 * corrected for others.
 */
export function judgeComparisons(
  overBase: PairedComparison,
  overExpert: PairedComparison,
  {
    significance,
    lowerIsBetter,
  }: { readonly significance: number; readonly lowerIsBetter: boolean },
): Pick<Verdict, 'kind' | 'text'> {
  const toBase = outcomeOf(overBase, { significance, lowerIsBetter });
  const toExpert = outcomeOf(overExpert, { significance, lowerIsBetter });
  const kind = kindOf(toBase, toExpert);
  return { kind, text: texts[kind](overBase, toBase, toExpert) };
}

/** Of a system, compared with another. */
export type Outcome = 'better' | 'worse' | 'unclear';

/** What a comparison says where only differences with a p-value below `significance` count. */
export function outcomeOf(
  { difference, pValue }: PairedComparison,
  {
    significance,
    lowerIsBetter,
  }: { readonly significance: number; readonly lowerIsBetter: boolean },
): Outcome {
  const gain = lowerIsBetter ? -difference.estimate : difference.estimate;
  if (!(pValue < significance) || gain === 0) return 'unclear';
  return gain > 0 ? 'better' : 'worse';
}

function kindOf(toBase: Outcome, toExpert: Outcome): VerdictKind {
  if (toBase === 'worse') return 'hurts';
  if (toExpert === 'worse') return 'expert is better';
  return toBase === 'better' && toExpert === 'better' ? 'helps' : 'no evidence';
}

const texts: Readonly<
  Record<VerdictKind, (over: SampleSize, toBase: Outcome, toExpert: Outcome) => string>
> = {
  helps: () => 'helps',
  hurts: (_, __, toExpert) =>
    toExpert === 'worse' ? 'hurts, and the expert alone is better' : 'hurts',
  'expert is better': () => 'does not help: the expert alone is better',
  'no evidence': (size, toBase, toExpert) => {
    const lacking = [
      ...(toBase === 'better' ? [] : ['the base']),
      ...(toExpert === 'better' ? [] : ['the expert alone']),
    ];
    return `no evidence (${showSampleSize(size)}) that it is better than ${lacking.join(' or ')}`;
  },
};

function gapOf(
  base: readonly number[],
  direct: readonly number[],
  composed: readonly number[],
  lowerIsBetter: boolean,
): number | null {
  const means = { base: mean(base), direct: mean(direct), composed: mean(composed) };
  const gain = means.direct - means.base;
  return (lowerIsBetter ? -gain : gain) > 0 ? taskGapClosed(means) : null;
}
