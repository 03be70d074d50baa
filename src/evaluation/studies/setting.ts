import { InvalidOptionError, type Guidance, type KlBudget } from '../../spec/index.ts';
import type { EvaluationSystem } from '../run/system.ts';

/** What is swept: every combination of one value of each. */
export interface SweepAxes {
  /** Values by param of the formula; `rewardWeight` is one. */
  readonly params?: Readonly<Record<string, readonly number[]>>;
  /** Tokens that rewards choose among. */
  readonly candidates?: readonly number[];
  /** Nats a token; `null` is no limit. */
  readonly klBudget?: readonly (number | null)[];
}

/** One way to set a recipe. */
export interface SweepSetting {
  /** `alpha=0.3, kl-budget=none`; unique in its sweep. */
  readonly name: string;
  /** By axis, as the name says them. */
  readonly values: Readonly<Record<string, number | null>>;
  readonly options: Pick<EvaluationSystem['options'], 'params' | 'guidance' | 'klBudget'>;
}

interface Axis {
  /** As settings are named. */
  readonly axis: string;
  /** Of {@link SweepAxes}. */
  readonly option: string;
  readonly values: readonly (number | null)[];
}

/** What one value of an axis does to a setting. */
interface Step {
  readonly axis: string;
  readonly value: number | null;
}

const candidatesAxis = 'candidates';
const klBudgetAxis = 'kl-budget';

/**
 * Every combination of the axes' values, the last axis varying fastest.
 * @param guidance - The recipe's: candidates are a setting of it.
 * @throws InvalidOptionError for an axis without values or with one twice, and for candidates where the
 *   guidance has none.
 */
export function settingGrid(
  { params = {}, candidates, klBudget }: SweepAxes,
  guidance: Guidance,
): SweepSetting[] {
  const axes: Axis[] = [
    ...Object.entries(params).map(([axis, values]) => ({ axis, option: `params.${axis}`, values })),
    ...(candidates ? [{ axis: candidatesAxis, option: 'candidates', values: candidates }] : []),
    ...(klBudget ? [{ axis: klBudgetAxis, option: 'klBudget', values: klBudget }] : []),
  ];
  for (const axis of axes) requireValues(axis);
  const combinations = axes.reduce<Step[][]>(
    (before, { axis, values }) =>
      before.flatMap((steps) => values.map((value) => [...steps, { axis, value }])),
    [[]],
  );
  return combinations.map((steps) => toSetting(steps, Object.keys(params), guidance));
}

/** A setting of params alone. */
export function paramSetting(params: Readonly<Record<string, number>>): SweepSetting {
  return { name: nameOf(params), values: params, options: { params } };
}

function toSetting(
  steps: readonly Step[],
  paramNames: readonly string[],
  guidance: Guidance,
): SweepSetting {
  const values = Object.fromEntries(steps.map(({ axis, value }) => [axis, value]));
  const params = Object.fromEntries(
    steps.filter(({ axis }) => paramNames.includes(axis)).map(({ axis, value }) => [axis, value!]),
  );
  const { [candidatesAxis]: candidates, [klBudgetAxis]: perToken } = values;
  return {
    name: nameOf(values),
    values,
    options: {
      ...(paramNames.length > 0 && { params }),
      ...(candidates !== undefined && { guidance: withCandidates(guidance, candidates!) }),
      ...(perToken !== undefined && { klBudget: toBudget(perToken) }),
    },
  };
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

function requireValues({ axis, option, values }: Axis): void {
  const repeated = values.find((value, i) => values.indexOf(value) < i);
  if (values.length > 0 && repeated === undefined) return;
  throw new InvalidOptionError(
    option,
    values.length === 0
      ? `${axis} has no values: give at least one.`
      : `${axis} has the value ${repeated ?? 'none'} twice: give each once.`,
  );
}
