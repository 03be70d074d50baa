// What the measurements of all worlds say: the numbers of docs/evidence.json.
import {
  gapClosed,
  summariseShifts,
  type Interval,
  type ShiftStudy,
} from '../../src/evaluation/index.ts';
import type { SystemOutcome, WorldOutcome } from './measure.ts';
import {
  meanInterval,
  pooledDifference,
  pooledMean,
  type Pooled,
  type WorldSums,
} from './statistics.ts';
import { compositionName, steerings, systemTitles, type SystemName } from './systems.ts';
import type { EvidenceTask, Metric } from './tasks.ts';
import { expertKinds, type ExpertKind, type Regime, type Steering } from './world.ts';

const metrics = ['form', 'fact', 'both', 'cloze', 'loss'] as const satisfies Metric[];

export interface SystemRow {
  readonly system: SystemName;
  /** What it was not asked, in some world at least, is not there. */
  readonly means: Readonly<Partial<Record<Metric, Pooled>>>;
  /** `cloze` less the large base's. */
  readonly kept?: Pooled;
  /** Of each world, of the models by their names; per answer. */
  readonly costs: readonly {
    readonly world: number;
    readonly tokens: number;
    readonly forwards: Readonly<Record<string, number>>;
  }[];
}

type Composition = ExpertKind | 'composed';

/** Of two systems: `of` less `than`. */
export interface DifferenceRow {
  readonly of: Composition;
  readonly than: SystemName;
  readonly metric: Metric;
  readonly difference: Pooled;
}

interface GapRow {
  readonly of: Composition;
  /** Mean over the worlds; `null` if direct tuning gains nothing in any. */
  readonly mean: Interval | null;
  readonly worlds: readonly { readonly task: string; readonly gapClosed: number }[];
}

interface TradeOffRow extends Steering {
  readonly expert: ExpertKind;
  /** Pooled over the worlds; text has no loss under a mask. */
  readonly means: Readonly<Partial<Record<'both' | 'cloze' | 'loss', Interval>>>;
}

export interface ShiftRow extends Pick<ShiftStudy, 'answers' | 'all' | 'kinds'> {
  readonly expert: ExpertKind;
}

export interface RegimeResults {
  readonly regime: Regime;
  readonly chosen: readonly ({ readonly world: number; readonly expert: ExpertKind } & Steering)[];
  readonly systems: readonly SystemRow[];
  readonly differences: readonly DifferenceRow[];
  readonly gaps: readonly GapRow[];
  readonly tradeOff: readonly TradeOffRow[];
  readonly shifts: readonly ShiftRow[];
}

export interface EvidenceResults {
  readonly worlds: readonly {
    readonly world: number;
    /** Whom all systems are asked about, and whom strengths are tried on. */
    readonly people: number;
    readonly tradeOffPeople: number;
    readonly questions: number;
    readonly texts: number;
  }[];
  readonly regimes: readonly RegimeResults[];
}

/** @param outcomes - Of at least one world, all of the same regimes. */
export function summariseEvidence(outcomes: readonly WorldOutcome[]): EvidenceResults {
  return {
    worlds: outcomes.map(({ world, tasks: { questions, text }, fewer }) => ({
      world: world.number,
      people: countUnits(questions),
      tradeOffPeople: countUnits(fewer.questions),
      questions: questions.task.items.length,
      texts: text.task.items.length,
    })),
    regimes: [...outcomes[0]!.regimes.keys()].map((regime) => summariseRegime(regime, outcomes)),
  };
}

function countUnits({ unitOf }: EvidenceTask): number {
  return new Set(unitOf.values()).size;
}

function summariseRegime(regime: Regime, outcomes: readonly WorldOutcome[]): RegimeResults {
  const scores = regimeScores(regime, outcomes);
  const compared = [
    ['composed', 'tuned'] as const,
    ...expertKinds.flatMap((of) => rivals.map((than) => [of, than] as const)),
    ['composed-expert', 'expert'] as const,
  ];
  return {
    regime,
    chosen: expertKinds.flatMap((expert) =>
      outcomes.map(({ world }) => ({
        world: world.number,
        expert,
        ...world.regimes[regime].steering[expert],
      })),
    ),
    systems: (Object.keys(systemTitles) as SystemName[]).map((name) => toSystemRow(scores, name)),
    differences: compared.flatMap(([of, than]) => toDifferences(scores, of, than)),
    gaps: (['composed', ...expertKinds] as const).map((of) => toGap(scores, of)),
    tradeOff: toTradeOff(scores),
    shifts: expertKinds.flatMap((expert) => toShift(expert, regime, outcomes)),
  };
}

/** What a composition is compared with. */
const rivals = ['direct', 'lora', 'alone', 'examples'] as const satisfies SystemName[];

/** The systems of a regime in every world. */
interface RegimeScores {
  /** Of each world; a composition is the one that was chosen there. */
  readonly outcomesOf: (system: SystemName) => readonly SystemOutcome[];
  /** `null` where a world has not measured it. */
  readonly of: (system: SystemName, metric: Metric) => WorldSums | null;
  readonly tried: (expert: ExpertKind, steering: Steering, metric: Metric) => WorldSums | null;
  readonly worlds: readonly number[];
}

function regimeScores(regime: Regime, outcomes: readonly WorldOutcome[]): RegimeScores {
  const own = outcomes.map(({ regimes }) => regimes.get(regime)!.systems);
  const outcomesOf = (name: SystemName) =>
    outcomes.map(({ world }, w) => {
      const { better } = world.regimes[regime];
      const isAlias = name === 'tuned' || name === 'composed';
      return own[w]!.get(isAlias ? better[name] : name)!;
    });
  return {
    outcomesOf,
    of: (name, metric) => complete(outcomesOf(name).map(({ scores }) => scores[metric])),
    tried: (expert, steering, metric) =>
      complete(
        own.map((systems) => systems.get(compositionName(expert, steering))!.scores[metric]),
      ),
    worlds: outcomes.map(({ world }) => world.number),
  };
}

function toSystemRow({ of, outcomesOf, worlds }: RegimeScores, system: SystemName): SystemRow {
  const means = metrics.flatMap((metric) => {
    const sums = of(system, metric);
    return sums === null ? [] : [[metric, pooledMean(sums)] as const];
  });
  const cloze = of(system, 'cloze');
  return {
    system,
    means: Object.fromEntries(means),
    ...(cloze !== null && { kept: pooledDifference(cloze, of('large', 'cloze')!) }),
    costs: outcomesOf(system).map(({ answers }, i) => ({
      world: worlds[i]!,
      tokens: answers.tokensPerAnswer,
      forwards: answers.forwardsPerAnswer,
    })),
  };
}

/** In what both have been asked. */
function toDifferences(
  { of }: RegimeScores,
  composed: Composition,
  than: SystemName,
): DifferenceRow[] {
  return metrics.flatMap((metric) => {
    const [one, other] = [of(composed, metric), of(than, metric)];
    if (one === null || other === null) return [];
    return [{ of: composed, than, metric, difference: pooledDifference(one, other) }];
  });
}

/** Each world is a task of the mean, each person an item: their share of right answers. */
function toGap({ of, worlds }: RegimeScores, composed: Composition): GapRow {
  const tuned = composed === 'composed' ? 'tuned' : 'direct';
  const shares = (system: SystemName, world: number): number[] =>
    of(system, 'both')![world]!.map(({ sum, count }) => sum / count);
  const results = worlds.map((world, w) => ({
    task: `world ${world}`,
    base: shares('large', w),
    direct: shares(tuned, w),
    composed: shares(composed, w),
  }));
  const { mean, tasks } = gapClosed(results);
  return { of: composed, mean, worlds: tasks };
}

function toTradeOff({ tried }: RegimeScores): TradeOffRow[] {
  return expertKinds.flatMap((expert) =>
    steerings.map((steering) => {
      const means = (['both', 'cloze', 'loss'] as const).flatMap((metric) => {
        const sums = tried(expert, steering, metric);
        return sums === null ? [] : [[metric, meanInterval(sums)] as const];
      });
      return { expert, ...steering, means: Object.fromEntries(means) };
    }),
  );
}

/** Tokens of all worlds' answers together. */
function toShift(
  expert: ExpertKind,
  regime: Regime,
  outcomes: readonly WorldOutcome[],
): ShiftRow[] {
  const studied = outcomes.flatMap(({ regimes }) => regimes.get(regime)!.shifts.get(expert) ?? []);
  if (studied.length === 0) return [];
  const { answers, all, kinds } = summariseShifts(studied);
  return [{ expert, answers, all, kinds }];
}

function complete<Element>(elements: readonly (Element | undefined)[]): readonly Element[] | null {
  return elements.every((element): element is Element => element !== undefined) ? elements : null;
}
