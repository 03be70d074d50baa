// The tables of docs/evidence.md.
import type { Interval } from '../../src/evaluation/index.ts';
import type {
  DifferenceRow,
  EvidenceResults,
  RegimeResults,
  ShiftRow,
  SystemRow,
} from './results.ts';
import type { Pooled } from './statistics.ts';
import { systemTitles } from './systems.ts';
import type { Metric } from './tasks.ts';
import type { Regime } from './world.ts';
import { sum } from '../shared/numbers.ts';
import { showTable } from '../shared/table.ts';

const regimeTitles = {
  known: 'Tuning chats about people whom the base knows',
  unknown: 'Tuning chats about people whom the base does not know',
  notation: 'Tuning a notation',
} as const satisfies Readonly<Record<Regime, string>>;

export function showEvidence({ worlds, regimes }: EvidenceResults): string {
  const numbers = worlds.map(({ world }) => world);
  return [
    ...worlds.map(
      ({ world, people, tradeOffPeople, questions, texts }) =>
        `- World ${world}: ${people} held-out people, ${questions} questions about them, ${texts} texts; ` +
        `strengths and tokens were studied on ${tradeOffPeople} of the people, and as many texts.`,
    ),
    ...regimes.map((results) => showRegime(results, numbers)),
  ].join('\n');
}

function showRegime(results: RegimeResults, worlds: readonly number[]): string {
  const { regime, shifts } = results;
  return [
    `\n## ${regimeTitles[regime]}\n`,
    `${showChosen(results, worlds)}\n`,
    showSystems(results),
    ...(worlds.length > 1 ? ['\n**By world.**\n', showWorlds(results, worlds)] : []),
    '\n**Composition less rival**, the same people asked.\n',
    showDifferences(results, worlds),
    '\n**Gap closed**: the share of direct tuning’s gain in _both_ that the composition reaches.\n',
    showGaps(results, worlds),
    '\n**Strengths.**\n',
    showTradeOff(results),
    ...(shifts.length > 0 ? ['\n**Tokens that the chosen compositions move.**\n'] : []),
    ...(shifts.length > 0 ? [showShifts(shifts)] : []),
  ].join('\n');
}

function showChosen({ chosen }: RegimeResults, worlds: readonly number[]): string {
  const of = (world: number) =>
    chosen
      .filter((each) => each.world === world)
      .map(({ expert, ...steering }) => `${expertTitles[expert]} ${showSteering(steering)}`)
      .join('; ');
  return worlds.map((world) => `Chosen in world ${world}: ${of(world)}.`).join('\n');
}

const expertTitles = {
  expert: 'expert tuned alone',
  'composed-expert': 'expert tuned inside',
} as const;

function showSystems({ regime, systems }: RegimeResults): string {
  const metrics = shownMetrics(regime);
  return showTable([
    ['system', ...metrics, 'cloze less base', 'loss', 'forwards: large', 'small', 'tokens'],
    ...systems.map((row) => [
      systemTitles[row.system],
      ...metrics.map((metric) => showPooled(row.means[metric])),
      row.kept === undefined ? '' : showDifference(row.kept.pooled),
      showPooled(row.means.loss),
      ...showCosts(row),
    ]),
  ]);
}

/** A notation asks for two facts at once: an answer is right or wrong as a whole. */
function shownMetrics(regime: Regime): readonly Exclude<Metric, 'loss'>[] {
  return regime === 'notation' ? ['form', 'both', 'cloze'] : ['form', 'fact', 'both', 'cloze'];
}

/** Means over the worlds: forwards of the large model, of the small ones together; tokens. */
function showCosts({ costs }: SystemRow): string[] {
  const large = costs.map(({ forwards }) => forwards['large'] ?? 0);
  const all = costs.map(({ forwards }) => sum(Object.values(forwards)));
  const tokens = costs.map((cost) => cost.tokens);
  const small = sum(all) - sum(large);
  return [sum(large), small, sum(tokens)].map((total) => (total / costs.length).toFixed(1));
}

function showWorlds({ systems }: RegimeResults, worlds: readonly number[]): string {
  const metrics = ['both', 'cloze'] as const;
  return showTable([
    ['system', ...metrics.flatMap((metric) => worlds.map((world) => `${metric}, world ${world}`))],
    ...systems.map(({ system, means }) => [
      systemTitles[system],
      ...metrics.flatMap((metric) =>
        worlds.map((_, w) => showInterval(means[metric]?.worlds[w], showValue)),
      ),
    ]),
  ]);
}

function showDifferences({ regime, differences }: RegimeResults, worlds: readonly number[]) {
  const metrics: readonly Metric[] = [...shownMetrics(regime), 'loss'];
  const pairs = differences.filter(({ metric }) => metric === 'both');
  const find = ({ of, than }: DifferenceRow, metric: Metric) =>
    differences.find((row) => row.of === of && row.than === than && row.metric === metric);
  const own = worlds.length > 1 ? worlds : [];
  return showTable([
    ['composition less rival', ...metrics, ...own.map((world) => `both, world ${world}`)],
    ...pairs.map((pair) => [
      `${systemTitles[pair.of]} − ${systemTitles[pair.than]}`,
      ...metrics.map((metric) => {
        const row = find(pair, metric);
        return row === undefined ? '' : showDifference(row.difference.pooled);
      }),
      ...own.map((_, w) => showDifference(pair.difference.worlds[w]!)),
    ]),
  ]);
}

function showGaps({ gaps }: RegimeResults, worlds: readonly number[]): string {
  return showTable([
    ['composition', 'mean over worlds', ...worlds.map((world) => `world ${world}`)],
    ...gaps.map(({ of, mean, worlds: own }) => [
      systemTitles[of],
      showInterval(mean ?? undefined, showValue),
      ...worlds.map((world) => {
        const gap = own.find(({ task }) => task === `world ${world}`);
        return gap === undefined ? 'left out' : showValue(gap.gapClosed);
      }),
    ]),
  ]);
}

function showTradeOff({ tradeOff }: RegimeResults): string {
  return showTable([
    ['steering', 'both', 'cloze', 'loss'],
    ...tradeOff.map(({ expert, means, ...steering }) => [
      `${expertTitles[expert]}, ${showSteering(steering)}`,
      ...(['both', 'cloze', 'loss'] as const).map((metric) =>
        showInterval(means[metric], showValue),
      ),
    ]),
  ]);
}

function showShifts(shifts: readonly ShiftRow[]): string {
  return showTable([
    ['tokens of', 'number', 'KL, nats', 'changed, %', 'Δ probability'],
    ...shifts.flatMap(({ expert, all, kinds }) =>
      [...kinds, { kind: 'all', ...all }].map(({ kind, ...shift }) => [
        `${expertTitles[expert]}: ${kind}`,
        String(shift.count),
        shift.kl.toFixed(3),
        (100 * shift.changed).toFixed(1),
        showSigned(shift.probability),
      ]),
    ),
  ]);
}

function showSteering({ alpha, plausibility }: { alpha: number; plausibility: number }): string {
  return `alpha ${alpha}${plausibility === 0 ? '' : `, mask ${plausibility}`}`;
}

function showPooled(pooled: Pooled | undefined): string {
  return showInterval(pooled?.pooled, showValue);
}

function showDifference(difference: Interval): string {
  return showInterval(difference, showSigned);
}

/** `0.988 (0.976 to 0.998)`; nothing of what was not measured. */
function showInterval(interval: Interval | undefined, show: (value: number) => string): string {
  if (interval === undefined) return '';
  return `${show(interval.estimate)} (${show(interval.from)} to ${show(interval.to)})`;
}

/** What is nothing at three digits has no sign. */
function showValue(value: number): string {
  return value
    .toFixed(3)
    .replace(/^-(?=0\.000$)/, '')
    .replace('-', '−');
}

function showSigned(value: number): string {
  const text = showValue(value);
  return text === '0.000' || text.startsWith('−') ? text : `+${text}`;
}
