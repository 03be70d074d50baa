import { InvalidOptionError, type ResolvedSchedule } from '../spec/index.ts';
import type { VocabularyAlignment } from './alignment.ts';
import type { OwnMethod } from './compose-rows.ts';
import {
  evaluateCoefficients,
  type Formula,
  type FormulaTerm,
  type PlannedTerm,
} from './formula.ts';
import { checkPlausibility, type Plausibility } from './plausibility.ts';
import { planSchedule, type Difference, type PlannedSchedule } from './schedule.ts';

/** A method of one's own, and what it is called with. */
export interface PlannedMethod extends OwnMethod {
  readonly params: Readonly<Record<string, number>>;
}

/** What one request composes: a formula under its params. Make it with {@link planComposition}. */
export interface CompositionPlan {
  /** The model whose vocabulary is the output's and which `explain` compares with. */
  readonly base: string;
  /** The terms that count, in the formula's order: at the params' values, where a schedule does not choose less. */
  readonly terms: readonly PlannedTerm[];
  /** What composes the terms' models in place of their sum, under these params; `null` is the sum. */
  readonly method: PlannedMethod | null;
  /** `null` where the terms' coefficients are the same at every position. */
  readonly schedule: PlannedSchedule | null;
  /** `null` also where nothing steers: one term with coefficient 1 is that model, unmasked. */
  readonly plausibility: Plausibility | null;
  /** The models whose rows every position needs. The others need not run. */
  readonly models: readonly string[];
  /** Whether the composed row stays readable after sampling has changed the one handed out. */
  readonly keepRows: boolean;
  /** Whether the row handed out can be rescaled: see `Composition.rescale`. */
  readonly keepShift: boolean;
  /** Rows of the kernels that a composition of this plan takes. */
  readonly rowCount: number;
  /** By model; a model without one has the base's own vocabulary. */
  readonly alignments: ReadonlyMap<string, VocabularyAlignment>;
}

export interface PlanCompositionOptions {
  readonly formula: Formula;
  /** A value for every param of the formula. */
  readonly params: Readonly<Record<string, number>>;
  readonly base: string;
  readonly plausibility?: Plausibility | null;
  /** By param; those of params that are 0 do nothing. */
  readonly schedules?: Readonly<Record<string, ResolvedSchedule>>;
  /** From {@link alignVocabularies}, by model. */
  readonly alignments?: ReadonlyMap<string, VocabularyAlignment>;
  /**
   * Needed by `explain`, and by `logprob` and `topLogprobs` after sampling. Costs one row and one
   * copy a token, and the base's forward where the formula does not need it.
   */
  readonly keepRows?: boolean;
  /** Needed by `rescale`; implies `keepRows`, and costs one row more. */
  readonly keepShift?: boolean;
}

/**
 * Which terms count under `params`, which models must run for them, and how many rows it takes.
 * Terms with coefficient 0 are left out: at `alpha = 0` a proxy-tuned base runs alone, and its logits
 * are the composition's bit for bit. For the same reason a plausibility mask, which limits what the
 * other terms may do, is left out where there are none. A schedule and a method of one's own need the base, whose
 * row they read; what the latter makes of it is not known, so all its models run, and a mask always acts.
 * @throws InvalidOptionError for params that give no usable coefficient, or none that is not 0, and for
 *   schedules that the formula does not admit.
 */
export function planComposition(options: PlanCompositionOptions): CompositionPlan {
  const { formula, params, base, keepShift = false, alignments = new Map() } = options;
  const keepRows = keepShift || (options.keepRows ?? false);
  const schedule = planSchedule({ formula, params, base, schedules: options.schedules ?? {} });
  const terms = countedTerms(schedule?.terms ?? formula.terms, params).filter(
    ({ coefficient }) => schedule !== null || coefficient !== 0,
  );
  if (terms.every(({ coefficient }) => coefficient === 0)) {
    throw new InvalidOptionError(
      'params',
      'With these params every coefficient of the formula is 0: no model is left to choose a token.',
    );
  }
  const method = formula.method === undefined ? null : { ...formula.method, params };
  const isUnsteered = method === null && schedule === null && isOneAlone(terms);
  const plausibility = isUnsteered ? null : (options.plausibility ?? null);
  if (plausibility !== null) checkPlausibility(plausibility);
  const models = new Set(terms.map(({ model }) => model));
  for (const name of plausibility?.models ?? []) models.add(name);
  const isLacking = terms.some(({ model }) => lackingTokens(alignments, model).length > 0);
  if (keepRows || isLacking || schedule !== null || method !== null) models.add(base);
  const plan = { base, terms, method, schedule, plausibility, keepRows, keepShift, alignments };
  const complete = { ...plan, models: [...models] };
  return { ...complete, rowCount: layOutRows(complete).count };
}

function countedTerms(
  terms: readonly FormulaTerm[],
  params: Readonly<Record<string, number>>,
): PlannedTerm[] {
  const coefficients = evaluateCoefficients({ terms }, params);
  return terms.map(({ model, space }, i) => ({ model, space, coefficient: coefficients[i]! }));
}

/** Whether nothing steers: one term counts, with the coefficient 1. */
export function isOneAlone(terms: readonly PlannedTerm[]): boolean {
  const counted = terms.filter(({ coefficient }) => coefficient !== 0);
  return counted.length === 1 && counted[0]!.coefficient === 1;
}

/** The base's tokens that `model` lacks. */
export function lackingTokens(
  alignments: ReadonlyMap<string, VocabularyAlignment>,
  model: string,
): readonly number[] {
  return alignments.get(model)?.lacking ?? [];
}

/** Whether the composition is one model's row as it is, at every position. */
export function isCopy({
  method,
  schedule,
  terms,
  alignments,
}: Pick<CompositionPlan, 'method' | 'schedule' | 'terms' | 'alignments'>): boolean {
  return method === null && schedule === null && isOneRow(terms, alignments);
}

/**
 * Whether the sum of terms is one model's row as it is. In either space: log-probs are logits less a
 * constant, which no softmax sees, and subtracting it would only round.
 */
export function isOneRow(
  terms: readonly PlannedTerm[],
  alignments: CompositionPlan['alignments'],
): boolean {
  const term = terms.find(({ coefficient }) => coefficient !== 0);
  return isOneAlone(terms) && lackingTokens(alignments, term!.model).length === 0;
}

/** Rows of a composition, from its first one, beside those of its models, which come first. */
export interface RowLayout {
  /** Of the sum; of the only model where that is copied. */
  readonly composed: number;
  /** Of the mask, which then serves as the one handed out where the sum is to be kept. */
  readonly mask: number;
  /** Of the shift, for a budget and for a schedule that matches. */
  readonly shift: number;
  /** Of the two sides of the difference that is matched, where they are no rows of models. */
  readonly sides: readonly [number, number] | null;
  readonly count: number;
}

/** Where a row is not needed, its number is that of the next. */
export function layOutRows(plan: Omit<CompositionPlan, 'rowCount'>): RowLayout {
  const difference = plan.schedule?.difference ?? null;
  const isExtra = plan.keepRows || plan.plausibility !== null;
  const mask = plan.models.length + (isCopy(plan) ? 0 : 1);
  const shift = mask + (isExtra ? 1 : 0);
  const side = shift + (plan.keepShift || difference !== null ? 1 : 0);
  const hasSides = difference !== null && !isOfTwoRows(difference, plan.alignments);
  return {
    composed: isCopy(plan) ? plan.models.indexOf(plan.terms[0]!.model) : mask - 1,
    mask,
    shift,
    sides: hasSides ? [side, side + 1] : null,
    count: side + (hasSides ? 2 : 0),
  };
}

/** Whether the sides of a difference are two models' rows as they are: those that lack the same tokens. */
function isOfTwoRows(
  { raised, lowered }: Difference,
  alignments: CompositionPlan['alignments'],
): boolean {
  if (raised.length + lowered.length > 2) return false;
  const [up, down] = [raised, lowered].map(([term]) => lackingTokens(alignments, term!.model));
  return up!.length === down!.length && up!.every((tokenId, i) => tokenId === down![i]);
}
