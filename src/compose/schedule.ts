import { InvalidOptionError, type ResolvedSchedule } from '../spec/index.ts';
import { coefficientParams, evaluateCoefficient } from './coefficient.ts';
import { lineOf } from './coefficient-line.ts';
import {
  coefficientSum,
  evaluateCoefficients,
  formulaParams,
  type Formula,
  type FormulaTerm,
  type PlannedTerm,
} from './formula.ts';

/** A param that is chosen anew at each position. */
export interface ScheduledParam {
  readonly name: string;
  /** The most it can be: not 0. */
  readonly value: number;
  /** Nats of entropy of the base below which it is 0; 0 is nowhere. */
  readonly junctions: number;
  readonly matches: boolean;
}

/** What a param that matches multiplies: both sides' coefficients are above 0 and sum to 1. */
export interface Difference {
  readonly raised: readonly PlannedTerm[];
  readonly lowered: readonly PlannedTerm[];
}

/** How the coefficients of a plan's terms are chosen at each position. */
export interface PlannedSchedule {
  readonly params: readonly ScheduledParam[];
  /** Of the one that matches; `null` where none does. */
  readonly difference: Difference | null;
  /** The terms that count whatever is chosen. */
  readonly terms: readonly FormulaTerm[];
  /** The coefficients of `terms` under these values of the scheduled params. */
  readonly coefficientsAt: (values: Readonly<Record<string, number>>) => readonly number[];
}

export interface ScheduledFormula {
  readonly formula: Formula;
  readonly params: Readonly<Record<string, number>>;
  readonly base: string;
  readonly schedules: Readonly<Record<string, ResolvedSchedule>>;
}

/** Where an error says that a schedule stands. */
export type SchedulePlace = (param: string) => string;

const ofRequest: SchedulePlace = (param) => `schedules.${param}`;

/** How a difference's sides may differ by rounding. */
const roundingShare = 1e-9;

/**
 * The schedules that have an effect: a param that is 0, or multiplies nothing, needs none. `null` where none has.
 * @throws InvalidOptionError for one that the formula does not admit, saying what it needs.
 */
export function planSchedule(
  { formula, params, base, schedules }: ScheduledFormula,
  at: SchedulePlace = ofRequest,
): PlannedSchedule | null {
  const scheduled = Object.entries(schedules).map(
    ([name, { match, junctions = 0 }]): ScheduledParam => ({
      name,
      value: params[name]!,
      junctions,
      matches: match === 'kl',
    }),
  );
  for (const param of scheduled) requireParam(param, formula, at);
  requireOneMatch(scheduled, at);
  const effective = scheduled.filter((param) => hasEffect(param, formula, params));
  for (const param of effective) requireBase(param, { formula, params, base }, at);
  if (effective.length === 0) return null;
  const names = new Set(effective.map(({ name }) => name));
  const present = evaluateCoefficients(formula, params);
  const terms = formula.terms.filter(
    ({ coefficient }, i) =>
      present[i] !== 0 || coefficientParams(coefficient).some((name) => names.has(name)),
  );
  const matching = effective.find(({ matches }) => matches);
  return {
    params: effective,
    difference: matching === undefined ? null : differenceOf(matching, formula, params, at),
    terms,
    coefficientsAt: (values) => evaluateCoefficients({ terms }, { ...params, ...values }),
  };
}

function requireParam({ name }: ScheduledParam, formula: Formula, at: SchedulePlace): void {
  if (formula.method !== undefined) {
    throw new InvalidOptionError(
      at(name),
      `${at(name)}: a schedule is of a param of a formula, and the method ${formula.method.name} is a function: let it choose for itself.`,
    );
  }
  const known = formulaParams(formula);
  if (known.includes(name)) return;
  const remedy = known.length === 0 ? 'It uses no params.' : `Its params are ${known.join(', ')}.`;
  throw new InvalidOptionError(
    at(name),
    `${at(name)}: a schedule is of a param of the formula, which does not use ${name}. ${remedy}`,
  );
}

function requireOneMatch(scheduled: readonly ScheduledParam[], at: SchedulePlace): void {
  const [first, second] = scheduled.filter(({ matches }) => matches);
  if (second === undefined) return;
  throw new InvalidOptionError(
    at(second.name),
    `${at(second.name)}: ${first!.name} matches a divergence already, and one param of a formula can: ` +
      'give the other one junctions, or none.',
  );
}

/** Whether the formula is another where the param is 0. */
function hasEffect(
  { name, value }: ScheduledParam,
  formula: Formula,
  params: Readonly<Record<string, number>>,
): boolean {
  if (value === 0) return false;
  return formula.terms.some(({ coefficient }) => {
    if (!coefficientParams(coefficient).includes(name)) return false;
    const line = lineOf(coefficient, name);
    return line === null || evaluateCoefficient(line.slope, params) !== 0;
  });
}

/** Where the param is 0, the base must be left as it is. */
function requireBase(
  { name, matches }: ScheduledParam,
  { formula, params, base }: Omit<ScheduledFormula, 'schedules'>,
  at: SchedulePlace,
): void {
  const still = coefficientsWithout(name, formula, params, at);
  const share = still.reduce((sum, x, i) => sum + (formula.terms[i]!.model === base ? x : 0), 0);
  const other = formula.terms.find(({ model }, i) => model !== base && still[i] !== 0);
  if (share === 1 && (!matches || other === undefined)) return;
  const fault =
    share === 1
      ? `there is ${other!.model} in it, too`
      : `there is ${share === 0 ? `no ${base}` : `${share} times ${base}`} in it`;
  throw new InvalidOptionError(
    at(name),
    `${at(name)} needs a formula that is ${matches ? `${base} alone` : `${base}, times 1,`} where ${name} is 0, ` +
      `as ${base} + ${name} * (expert - antiExpert) is; here ${fault}.`,
  );
}

function coefficientsWithout(
  name: string,
  formula: Formula,
  params: Readonly<Record<string, number>>,
  at: SchedulePlace,
): number[] {
  try {
    return evaluateCoefficients(formula, { ...params, [name]: 0 });
  } catch (cause) {
    if (!(cause instanceof InvalidOptionError)) throw cause;
    throw new InvalidOptionError(
      at(name),
      `${at(name)} needs a formula in which ${name} can be 0. ${cause.message}`,
      { cause },
    );
  }
}

function differenceOf(
  { name }: ScheduledParam,
  formula: Formula,
  params: Readonly<Record<string, number>>,
  at: SchedulePlace,
): Difference {
  const slopes = formula.terms.map(({ model, space, coefficient }): PlannedTerm => {
    const line = lineOf(coefficient, name);
    if (line !== null) {
      return { model, space, coefficient: evaluateCoefficient(line.slope, params) };
    }
    throw new InvalidOptionError(
      at(name),
      `${at(name)}: match needs a formula that is linear in ${name}, as base + ${name} * (expert - antiExpert) is; ` +
        `the coefficient of ${model} is not.`,
    );
  });
  const raised = slopes.filter(({ coefficient }) => coefficient > 0);
  const lowered = slopes.filter(({ coefficient }) => coefficient < 0);
  const [up, down] = [coefficientSum(raised), -coefficientSum(lowered)];
  if (up > 0 && Math.abs(up - down) <= roundingShare * up) {
    return { raised: divided(raised, up), lowered: divided(lowered, -down) };
  }
  throw new InvalidOptionError(
    at(name),
    `${at(name)}: match needs ${name} to multiply a difference of models, as in ${name} * (expert - antiExpert), ` +
      `whose two sides it compares; here it raises by ${up} and lowers by ${down}.`,
  );
}

function divided(terms: readonly PlannedTerm[], by: number): PlannedTerm[] {
  return terms.map((term) => ({ ...term, coefficient: term.coefficient / by }));
}
