import { InvalidOptionError } from '../spec/index.ts';
import type { VocabularyAlignment } from './alignment.ts';
import { evaluateCoefficients, type Formula, type TermSpace } from './formula.ts';
import { checkPlausibility, type Plausibility } from './plausibility.ts';

/** A term whose coefficient is a number: not 0, or it would not be in a plan. */
export interface PlannedTerm {
  readonly model: string;
  readonly space: TermSpace;
  readonly coefficient: number;
}

/** What one request composes: a formula under its params. Make it with {@link planComposition}. */
export interface CompositionPlan {
  /** The model whose vocabulary is the output's and which `explain` compares with. */
  readonly base: string;
  /** The terms that count, in the formula's order. */
  readonly terms: readonly PlannedTerm[];
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
 * other terms may do, is left out where there are none.
 * @throws InvalidOptionError for params that give no usable coefficient, or none that is not 0.
 */
export function planComposition(options: PlanCompositionOptions): CompositionPlan {
  const { formula, params, base, keepShift = false, alignments = new Map() } = options;
  const keepRows = keepShift || (options.keepRows ?? false);
  const coefficients = evaluateCoefficients(formula, params);
  const terms = formula.terms
    .map(({ model, space }, i) => ({ model, space, coefficient: coefficients[i]! }))
    .filter(({ coefficient }) => coefficient !== 0);
  if (terms.length === 0) {
    throw new InvalidOptionError(
      'params',
      'With these params every coefficient of the formula is 0: no model is left to choose a token.',
    );
  }
  const plausibility = terms.some(isSteering) ? (options.plausibility ?? null) : null;
  if (plausibility !== null) checkPlausibility(plausibility);
  const models = new Set(terms.map(({ model }) => model));
  for (const name of plausibility?.models ?? []) models.add(name);
  const isLacking = terms.some(({ model }) => lackingTokens(alignments, model).length > 0);
  if (keepRows || isLacking) models.add(base);
  const plan = { base, terms, plausibility, keepRows, keepShift, alignments };
  const complete = { ...plan, models: [...models] };
  return { ...complete, rowCount: countRows(complete) };

  function isSteering({ coefficient }: PlannedTerm): boolean {
    return terms.length > 1 || coefficient !== 1;
  }
}

/** The base's tokens that `model` lacks. */
export function lackingTokens(
  alignments: ReadonlyMap<string, VocabularyAlignment>,
  model: string,
): readonly number[] {
  return alignments.get(model)?.lacking ?? [];
}

/**
 * Whether the composition is one model's row as it is. In either space: log-probs are logits less a
 * constant, which no softmax sees, and subtracting it would only round.
 */
export function isCopy(plan: Pick<CompositionPlan, 'terms' | 'alignments'>): boolean {
  const [term] = plan.terms;
  return (
    plan.terms.length === 1 &&
    term!.coefficient === 1 &&
    lackingTokens(plan.alignments, term!.model).length === 0
  );
}

/**
 * One row per model, one for the sum, one for the mask, which then serves as the one handed out, and one
 * for the shift.
 */
function countRows(plan: Omit<CompositionPlan, 'rowCount'>): number {
  const isExtra = plan.keepRows || plan.plausibility !== null;
  return plan.models.length + (isCopy(plan) ? 0 : 1) + (isExtra ? 1 : 0) + (plan.keepShift ? 1 : 0);
}
