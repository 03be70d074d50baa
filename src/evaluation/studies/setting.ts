import { showSchedule } from '../../recipe/index.ts';
import {
  InvalidOptionError,
  type Guidance,
  type KlBudget,
  type ResolvedSchedule,
} from '../../spec/index.ts';
import type { EvaluationSystem } from '../run/system.ts';

/** What is swept: every combination of one value of each. */
export interface SweepAxes {
  /** Values by param of the formula; `rewardWeight` is one. */
  readonly params?: Readonly<Record<string, readonly number[]>>;
  /** Tokens that rewards choose among. */
  readonly candidates?: readonly number[];
  /** Nats a token; `null` is no limit. */
  readonly klBudget?: readonly (number | null)[];
  /** Schedules by param; `null` is none. */
  readonly schedules?: Readonly<Record<string, readonly (ResolvedSchedule | null)[]>>;
}

/** One way to set a recipe. */
export interface SweepSetting {
  /** `alpha=0.3, kl-budget=none`; unique in its sweep. */
  readonly name: string;
  /** By axis, as the name says them: schedules as `match:kl,junctions:0.5`, or `none`. */
  readonly values: Readonly<Record<string, number | string | null>>;
  readonly options: Pick<
    EvaluationSystem['options'],
    'params' | 'guidance' | 'klBudget' | 'schedules'
  >;
}

/** One value of an axis, and what it does to a setting. */
interface Step {
  readonly axis: string;
  /** As it is shown. */
  readonly value: number | string | null;
  readonly options: SweepSetting['options'];
}

interface Axis {
  /** As settings are named. */
  readonly axis: string;
  /** Of {@link SweepAxes}. */
  readonly option: string;
  readonly steps: readonly Step[];
}

/**
 * Every combination of the axes' values, the last axis varying fastest.
 * @param guidance - The recipe's: candidates are a setting of it.
 * @throws InvalidOptionError for an axis without values or with one twice, and for candidates where the
 *   guidance has none.
 */
export function settingGrid(
  { params = {}, candidates, klBudget, schedules = {} }: SweepAxes,
  guidance: Guidance,
): SweepSetting[] {
  const axes: Axis[] = [
    ...Object.entries(params).map(([name, values]) =>
      toAxis(name, `params.${name}`, values, (value) => ({ params: { [name]: value } })),
    ),
    ...(candidates
      ? [
          toAxis('candidates', 'candidates', candidates, (value) => ({
            guidance: withCandidates(guidance, value),
          })),
        ]
      : []),
    ...(klBudget
      ? [toAxis('kl-budget', 'klBudget', klBudget, (value) => ({ klBudget: toBudget(value) }))]
      : []),
    ...Object.entries(schedules).map(([name, values]) =>
      toAxis(
        `${name}-schedule`,
        `schedules.${name}`,
        values,
        (schedule) => ({ schedules: { [name]: schedule } }),
        showSchedule,
      ),
    ),
  ];
  for (const axis of axes) requireValues(axis);
  const combinations = axes.reduce<Step[][]>(
    (before, { steps }) => before.flatMap((others) => steps.map((step) => [...others, step])),
    [[]],
  );
  return combinations.map(toSetting);
}

/** A setting of params alone. */
export function paramSetting(params: Readonly<Record<string, number>>): SweepSetting {
  return { name: nameOf(params), values: params, options: { params } };
}

function toAxis<Value extends number | null | ResolvedSchedule>(
  axis: string,
  option: string,
  values: readonly Value[],
  optionsOf: (value: Value) => SweepSetting['options'],
  show: (value: Value) => Step['value'] = (value) => value as number | null,
): Axis {
  const steps = values.map((value) => ({ axis, value: show(value), options: optionsOf(value) }));
  return { axis, option, steps };
}

function toSetting(steps: readonly Step[]): SweepSetting {
  const values = Object.fromEntries(steps.map(({ axis, value }) => [axis, value]));
  const options = steps.reduce<SweepSetting['options']>(
    (all, step) => ({
      ...all,
      ...step.options,
      ...(step.options.params && { params: { ...all.params, ...step.options.params } }),
      ...(step.options.schedules && {
        schedules: { ...all.schedules, ...step.options.schedules },
      }),
    }),
    {},
  );
  return { name: nameOf(values), values, options };
}

function nameOf(values: SweepSetting['values']): string {
  return Object.entries(values)
    .map(([axis, value]) => `${axis}=${value ?? 'none'}`)
    .join(', ');
}

function toBudget(perToken: number | null): KlBudget | null {
  return perToken === null ? null : { perToken };
}

function withCandidates(guidance: Guidance, candidates: number): Guidance {
  if ('candidates' in guidance) return { ...guidance, candidates };
  throw new InvalidOptionError(
    'candidates',
    `The recipe's rewards act by ${guidance.method}, which chooses among no candidates: ` +
      'sweep a recipe whose guidance is args or rad.',
  );
}

function requireValues({ axis, option, steps }: Axis): void {
  const values = steps.map(({ value }) => value);
  const repeated = values.find((value, i) => values.indexOf(value) < i);
  if (values.length > 0 && repeated === undefined) return;
  throw new InvalidOptionError(
    option,
    values.length === 0
      ? `${axis} has no values: give at least one.`
      : `${axis} has the value ${repeated ?? 'none'} twice: give each once.`,
  );
}
