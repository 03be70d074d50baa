// The figure of docs/evidence.md: what a strength gains and costs, beside the tuned models.
import type { EvidenceResults, RegimeResults } from './results.ts';
import type { SystemName } from './systems.ts';
import type { ExpertKind } from './world.ts';
import { plotLines, type PlotLine, type PlotPanel } from '../shared/plot.ts';

const measures = {
  both: 'right and in form',
  cloze: 'cloze',
  loss: 'loss on text, nats a token',
} as const;
type Measure = keyof typeof measures;

const across = [0, 0.3, 0.5, 0.7, 1, 1.5];

/** A row of panels to each regime. */
export function plotEvidence({ regimes }: EvidenceResults): string {
  return plotLines(regimes.flatMap(panelsOf), {
    title: 'What strengths of steering gain and cost, by what is tuned',
    caption: 'Across: alpha; 0 is the large base. Bands: 95 % bootstrap intervals over people.',
    across,
  });
}

function panelsOf(results: RegimeResults): PlotPanel[] {
  return (Object.keys(measures) as Measure[]).map((measure) => ({
    title: `${results.regime}: ${measures[measure]}`,
    lines: [
      steered('expert tuned alone', results, measure, 'expert', false),
      steered('expert tuned alone, mask', results, measure, 'expert', true),
      steered('expert tuned inside', results, measure, 'composed-expert', false),
      steered('expert tuned inside, mask', results, measure, 'composed-expert', true),
      level('large tuned directly', results, measure, 'direct'),
      level('large with an adapter', results, measure, 'lora'),
    ],
  }));
}

function steered(
  name: string,
  { tradeOff, systems }: RegimeResults,
  measure: Measure,
  expert: ExpertKind,
  isMasked: boolean,
): PlotLine {
  const base = systems.find(({ system }) => system === 'large')!.means[measure]!.pooled;
  const tried = tradeOff
    .filter((row) => row.expert === expert && row.plausibility > 0 === isMasked)
    .flatMap(({ alpha, means: { [measure]: value } }) =>
      value === undefined ? [] : [{ x: alpha, ...value }],
    );
  return { name, points: isMasked ? tried : [{ x: 0, ...base }, ...tried] };
}

function level(
  name: string,
  { systems }: RegimeResults,
  measure: Measure,
  tuned: SystemName,
): PlotLine {
  const value = systems.find(({ system }) => system === tuned)!.means[measure]!.pooled;
  return { name, points: [across[0]!, across.at(-1)!].map((x) => ({ x, ...value })) };
}
