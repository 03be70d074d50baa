import type { PlotPanel, PlotPoint } from '../shared/plot.ts';
import type { CostResults } from './cost.ts';
import {
  answerCounts,
  type Evidence,
  type Interviews,
  type LearnedRow,
  type SystemRow,
} from './evidence.ts';
import type { Outcome } from './measure.ts';
import type { Interval } from '../../src/evaluation/index.ts';
import { showMachine, showSummary, type MachineFacts } from '../shared/measure.ts';
import { tableOf } from '../shared/table.ts';

export interface ProfilesResults {
  readonly machine: MachineFacts;
  readonly evidence: Evidence;
  readonly costs: CostResults;
}

export function showProfiles({ evidence, costs }: ProfilesResults): string {
  return [showEvidence(evidence), '\n### Cost\n', showMachine(), '', showCosts(costs)].join('\n');
}

function showEvidence({ interviews, learned, systems }: Evidence): string {
  return [
    showInterviews(interviews),
    '### Profiles, by the number of answers given\n',
    showLearned(learned),
    '\n### Choosing the best of 8 samples by the same weights\n',
    tableOf(
      learned.flatMap(({ answers, bestOf }) => (bestOf === null ? [] : [{ answers, ...bestOf }])),
      { answers: ({ answers }) => String(answers), ...overOthers, ...outcomeColumns },
    ),
    '\n### All ways\n',
    showSystems(systems),
  ].join('\n');
}

export function showLearned(learned: readonly LearnedRow[]): string {
  return tableOf(learned, {
    answers: ({ answers }) => String(answers),
    ...overOthers,
    ...outcomeColumnsOf(learned),
    cosine: ({ cosine }) => cosine.estimate.toFixed(2),
  });
}

export function showSystems(systems: readonly SystemRow[]): string {
  return tableOf(systems, {
    way: ({ name }) => name,
    ...overDefault,
    'profile over it, %': ({ profileOver }) => showShare(profileOver),
    ...outcomeColumnsOf(systems),
    tokens: ({ tokensPerAnswer }) => tokensPerAnswer.toFixed(1),
    forwards: ({ forwardsPerAnswer }) => forwardsPerAnswer.toFixed(0),
  });
}

export const overDefault = {
  'over default, %': (outcome: Outcome) => showShare(outcome.overDefault),
};
const overOthers = {
  ...overDefault,
  "over another's, %": (row: Pick<LearnedRow, 'overOthers'>) => showShare(row.overOthers),
};
export const outcomeColumns = {
  'gain, sd': ({ gain }: Outcome) => showGain(gain),
  'facts, %': ({ facts }: Outcome) => showShare(facts),
  perplexity: ({ perplexity }: Outcome) => perplexity?.toFixed(2) ?? '',
};

/** Without what was not asked for. */
function outcomeColumnsOf(rows: readonly Outcome[]) {
  const { perplexity, ...others } = outcomeColumns;
  return rows.every((row) => row.perplexity === null) ? others : { ...others, perplexity };
}

export function showInterviews({ asked, agreement, ties, examples }: Interviews): string {
  const fitted = Object.entries(examples).map(([form, counts]) => `${form}: ${showRange(counts)}`);
  return (
    `Questions until the profile asked no more: ${showRange(asked)}. Ties: ${showPercent(ties)}; of the ` +
    `decided answers ${showPercent(agreement)} say what λ does. Pairs that fitted the context as ` +
    `examples: ${fitted.join('; ')}.\n`
  );
}

function showCosts(costs: CostResults): string {
  return tableOf(Object.entries(costs), {
    way: ([way]) => way,
    'ms a token, alone': ([, cost]) => cost.alonePerTokenMs.toFixed(2),
    'ms a token, 8 at once': ([, cost]) => cost.atOncePerTokenMs.toFixed(2),
    'time / default': ([, cost]) => showSummary(cost.overDefault),
    'tokens computed / answer': ([, cost]) => cost.computedPerAnswer.toFixed(0),
    'tokens / answer': ([, cost]) => cost.tokensPerAnswer.toFixed(1),
  });
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

/** `83.1 (80.2–85.9)`, in hundredths. */
function showShare({ estimate, from, to }: Interval): string {
  return `${(100 * estimate).toFixed(1)} (${(100 * from).toFixed(1)}–${(100 * to).toFixed(1)})`;
}

/** `+0.52 (+0.41 to +0.63)`. */
function showGain({ estimate, from, to }: Interval): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
  return `${signed(estimate)} (${signed(from)} to ${signed(to)})`;
}

/** `12 (9 to 15)`: the median, and the 10th and 90th percentile, of what is sorted. */
function showRange(sorted: readonly number[]): string {
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return `${at(0.5)} (${at(0.1)} to ${at(0.9)})`;
}

function showPercent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
