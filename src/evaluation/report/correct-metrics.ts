import type { PairedComparison } from '../statistics/compare-paired.ts';
import { holm } from '../statistics/holm.ts';
import { judgeComparisons } from '../verdict.ts';
import type { MetricComparisons, MetricSummary, SystemVerdict } from './metric-summary.ts';

/** By comparison. */
type CorrectedPValues = ReadonlyMap<PairedComparison, number>;

/**
 * Corrects all p-values of an evaluation by Holm, those against the base together and those against the
 * expert together, and judges by what is left.
 * @param tasks - The metrics of each task. @returns Likewise.
 */
export function correctMetrics(
  tasks: readonly (readonly MetricComparisons[])[],
  significance: number,
): MetricSummary[][] {
  const all = tasks.flat();
  const overBase = correct(
    all.flatMap(({ systems }) => systems.flatMap((one) => one.overBase ?? [])),
  );
  const overExpert = correct(all.flatMap(({ judged }) => judged.map((one) => one.overExpert)));
  return tasks.map((metrics) =>
    metrics.map(({ judged, systems, ...metric }) => ({
      ...metric,
      systems: systems.map((system) => ({
        ...system,
        correctedPValue: system.overBase && overBase.get(system.overBase)!,
      })),
      verdicts: judged.map(({ system, ...comparisons }): SystemVerdict => {
        const judgement = judgeComparisons(
          withPValue(comparisons.overBase, overBase),
          withPValue(comparisons.overExpert, overExpert),
          { significance, lowerIsBetter: metric.lowerIsBetter },
        );
        return { system, ...judgement };
      }),
    })),
  );
}

function correct(comparisons: readonly PairedComparison[]): CorrectedPValues {
  const corrected = holm(comparisons.map(({ pValue }) => pValue));
  return new Map(comparisons.map((comparison, i) => [comparison, corrected[i]!]));
}

function withPValue(comparison: PairedComparison, pValues: CorrectedPValues): PairedComparison {
  return { ...comparison, pValue: pValues.get(comparison)! };
}
