import { InvalidOptionError } from '../../../spec/index.ts';
import { paramSetting, type SweepSetting } from '../setting.ts';
import type { SweepSummary } from '../sweep/sweep-summary.ts';
import { goldenSection } from './golden-section.ts';
import {
  directionOf,
  keeps,
  showConstraint,
  objectiveValueOf,
  type CalibrationConstraint,
  type Objective,
} from './objective.ts';

/** What is tried, and what shall be best. */
export interface CalibrationOptions {
  /** The values that are tried, by param. */
  readonly params: Readonly<Record<string, readonly number[]>>;
  /** What the recipe says of these params now: tried, too. */
  readonly present: Readonly<Record<string, number>>;
  readonly objective: Objective;
  readonly constraints: readonly CalibrationConstraint[];
  /** Values tried between those of a single param, around the best of them; 0 is none. */
  readonly refinements: number;
  /** Measures settings on the development set. */
  readonly measure: (settings: readonly SweepSetting[]) => Promise<SweepSummary>;
}

/** Values that were tried. */
export interface CalibrationTrial {
  readonly params: Readonly<Record<string, number>>;
  /** On the development set. */
  readonly value: number;
  /** Whether it keeps the constraints. */
  readonly isAllowed: boolean;
}

/** The values that are to be the recipe's. */
export interface CalibrationChoice {
  readonly chosen: CalibrationTrial;
  /** In the order they were tried. */
  readonly trials: readonly CalibrationTrial[];
}

/**
 * Tries a grid of params, then golden section between the neighbours of its best value if there is one
 * param, and takes the best of all that keep the constraints. Of equals, what is nearest to the recipe's
 * present values: what shows no gain is no reason for a change.
 * @throws InvalidOptionError for a metric that is not measured, and where nothing keeps the constraints.
 */
export async function calibrate(options: CalibrationOptions): Promise<CalibrationChoice> {
  const { params, present, objective, constraints, refinements } = options;
  const trials = new Map<string, CalibrationTrial>();
  const tryAll = async (points: readonly CalibrationTrial['params'][]): Promise<void> => {
    const settings = points.map(paramSetting).filter(({ name }) => !trials.has(name));
    if (settings.length === 0) return;
    const summary = await options.measure(settings);
    for (const { name, values } of settings) {
      trials.set(name, {
        params: values as CalibrationTrial['params'],
        value: objectiveValueOf(objective, summary, name),
        isAllowed: constraints.every((constraint) => keeps(constraint, summary, name)),
      });
    }
  };
  const worth = ({ value, isAllowed }: CalibrationTrial): number =>
    isAllowed ? directionOf(objective) * value : -Infinity;
  const best = (): CalibrationTrial =>
    [...trials.values()].reduce((a, b) => {
      if (worth(a) !== worth(b)) return worth(b) > worth(a) ? b : a;
      return distance(b, present) < distance(a, present) ? b : a;
    });

  await tryAll(gridOf(params, present));
  const [axis, ...others] = Object.keys(params);
  if (axis !== undefined && others.length === 0 && refinements > 0 && best().isAllowed) {
    const bracket = neighboursOf(
      best().params[axis]!,
      [...trials.values()].map((trial) => trial.params[axis]!),
    );
    const valueAt = async (point: number): Promise<number> => {
      await tryAll([{ [axis]: point }]);
      return worth(trials.get(paramSetting({ [axis]: point }).name)!);
    };
    await goldenSection(valueAt, bracket, refinements);
  }
  const chosen = best();
  if (chosen.isAllowed) return { chosen, trials: [...trials.values()] };
  throw new InvalidOptionError(
    'constraint',
    `None of the ${trials.size} settings keeps ${constraints.map(showConstraint).join(' and ')}: ` +
      'loosen it, or try other values.',
  );
}

/** Every combination, and the present one; param names in one order. */
function gridOf(
  params: CalibrationOptions['params'],
  present: CalibrationOptions['present'],
): Record<string, number>[] {
  const names = Object.keys(params);
  const combinations = names.reduce<Record<string, number>[]>(
    (before, name) =>
      before.flatMap((point) => params[name]!.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
  const now = Object.fromEntries(names.map((name) => [name, present[name]!]));
  const known = new Map([...combinations, now].map((point) => [paramSetting(point).name, point]));
  return [...known.values()];
}

function distance({ params }: CalibrationTrial, present: CalibrationOptions['present']): number {
  return Math.hypot(...Object.entries(params).map(([name, value]) => value - present[name]!));
}

/** The values next to one of them; itself where it is at an end. */
function neighboursOf(value: number, values: readonly number[]): [from: number, to: number] {
  const below = values.filter((other) => other < value);
  const above = values.filter((other) => other > value);
  return [
    below.length === 0 ? value : Math.max(...below),
    above.length === 0 ? value : Math.min(...above),
  ];
}
