import type { Estimate } from '../shared/bootstrap.ts';
import type { PlotPanel, PlotPoint } from '../shared/line-plot.ts';
import type { CostResults } from './cost.ts';
import { answerCounts, type Evidence, type Interviews, type LearnedRow } from './evidence.ts';
import type { Outcome } from './measure.ts';
import type { SettingRow } from './settings.ts';
import { showRatio, type MachineFacts } from '../shared/measure.ts';
import { showMachine } from '../speed/report.ts';
import { showMarkdown } from '../rewards/report.ts';

export interface ProfilesResults {
  readonly machine: MachineFacts;
  readonly evidence: Evidence;
  readonly costs: CostResults;
}

export function showProfiles({ machine, evidence, costs }: ProfilesResults): string {
  return [showEvidence(evidence), '\n### Cost\n', showMachine(machine), '', showCosts(costs)].join(
    '\n',
  );
}

function showEvidence({ interviews, learned, systems }: Evidence): string {
  return [
    showInterviews(interviews),
    '### Profiles, by the number of answers given\n',
    showLearned(learned),
    '\n### Choosing the best of 8 samples by the same weights\n',
    showMarkdown([
      ['answers', 'over default, %', "over another's, %", 'gain, sd', 'facts, %', 'perplexity'],
      ...learned.flatMap(({ answers, bestOf }) =>
        bestOf === null
          ? []
          : [
              [
                String(answers),
                showShare(bestOf.overDefault),
                showShare(bestOf.overOthers),
                showGain(bestOf.gain),
                showShare(bestOf.facts),
                bestOf.perplexity.toFixed(2),
              ],
            ],
      ),
    ]),
    '\n### All ways\n',
    showMarkdown([
      [
        'way',
        'over default, %',
        'profile over it, %',
        'gain, sd',
        'facts, %',
        'perplexity',
        'tokens',
        'forwards',
      ],
      ...systems.map(({ name, profileOver, ...outcome }) => [
        name,
        showShare(outcome.overDefault),
        showShare(profileOver),
        ...showOutcome(outcome),
        outcome.tokensPerAnswer.toFixed(1),
        outcome.forwardsPerAnswer.toFixed(0),
      ]),
    ]),
  ].join('\n');
}

function showInterviews({ asked, agreement, ties, examples }: Interviews): string {
  const fitted = Object.entries(examples).map(([form, counts]) => `${form}: ${showRange(counts)}`);
  return (
    `Questions until the profile asked no more: ${showRange(asked)}. Ties: ${showPercent(ties)}; of the ` +
    `decided answers ${showPercent(agreement)} say what λ does. Pairs that fitted the context as ` +
    `examples: ${fitted.join('; ')}.\n`
  );
}

function showLearned(rows: readonly LearnedRow[]): string {
  return showMarkdown([
    [
      'answers',
      'over default, %',
      "over another's, %",
      'gain, sd',
      'facts, %',
      'perplexity',
      'cosine',
    ],
    ...rows.map(({ answers, overOthers, cosine, ...outcome }) => [
      String(answers),
      showShare(outcome.overDefault),
      showShare(overOthers),
      ...showOutcome(outcome),
      cosine.mean.toFixed(2),
    ]),
  ]);
}

export function showSettings(rows: readonly SettingRow[]): string {
  return showMarkdown([
    ['strength', 'caution', 'answers', 'over default, %', 'gain, sd', 'facts, %', 'perplexity'],
    ...rows.map(({ strength, learned, outcome }) => [
      String(strength),
      learned === null ? '' : String(learned.caution),
      learned === null ? 'knows λ' : String(learned.answers),
      showShare(outcome.overDefault),
      ...showOutcome(outcome),
    ]),
  ]);
}

function showCosts(costs: CostResults): string {
  return showMarkdown([
    [
      'way',
      'ms a token, alone',
      'ms a token, 8 at once',
      'time / default',
      'tokens computed / answer',
      'tokens / answer',
    ],
    ...Object.entries(costs).map(([way, cost]) => [
      way,
      cost.alonePerTokenMs.toFixed(2),
      cost.atOncePerTokenMs.toFixed(2),
      showRatio(cost.overDefault),
      cost.computedPerAnswer.toFixed(0),
      cost.tokensPerAnswer.toFixed(1),
    ]),
  ]);
}

/** Win rate, gain and facts; what does not learn is level. */
export function evidencePanels({ learned, systems }: Evidence): PlotPanel[] {
  const measures = [
    { title: 'share of wins over the default', key: 'overDefault' },
    { title: 'gain, standard deviations', key: 'gain' },
    { title: 'share of right answers', key: 'facts' },
  ] as const;
  const level = (name: string, key: (typeof measures)[number]['key']): PlotPoint[] => {
    const { [key]: value } = systems.find((system) => system.name === name)!;
    return [0, answerCounts.at(-1)!].map((x) => ({ x, ...value }));
  };
  return measures.map(({ title, key }) => ({
    title,
    lines: [
      { name: 'profile', points: learned.map((row) => ({ x: row.answers, ...row[key] })) },
      {
        name: 'best of 8',
        points: learned.flatMap(({ answers, bestOf }) =>
          bestOf === null ? [] : [{ x: answers, ...bestOf[key] }],
        ),
      },
      ...['profile that knows λ', 'instructions, tried out', 'examples as pairs'].map((name) => ({
        name,
        points: level(name, key),
      })),
    ],
  }));
}

function showOutcome({ gain, facts, perplexity }: Outcome): string[] {
  return [showGain(gain), showShare(facts), perplexity.toFixed(2)];
}

/** `83.1 (80.2–85.9)`, in hundredths. */
function showShare({ mean, from, to }: Estimate): string {
  return `${(100 * mean).toFixed(1)} (${(100 * from).toFixed(1)}–${(100 * to).toFixed(1)})`;
}

/** `+0.52 (+0.41 to +0.63)`. */
function showGain({ mean, from, to }: Estimate): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
  return `${signed(mean)} (${signed(from)} to ${signed(to)})`;
}

/** `12 (9 to 15)`: the median, and the 10th and 90th percentile, of what is sorted. */
function showRange(sorted: readonly number[]): string {
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return `${at(0.5)} (${at(0.1)} to ${at(0.9)})`;
}

function showPercent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
