import type { RowKernels } from '../math/index.ts';
import {
  ContractError,
  NonFiniteLogitsError,
  type LogitBounds,
  type Row,
  type SparseRow,
  type TokenId,
} from '../spec/index.ts';
import { BoundedBase } from './bounded-base.ts';
import { BudgetedShift, noRewards, type RewardShift } from './budgeted-shift.ts';
import { explain, rankTokens, type RankedToken, type TokenExplanation } from './explanation.ts';
import type { PlannedTerm } from './formula.ts';
import type { ScaledShift } from './kl-budget.ts';
import {
  isCopy,
  isOneAlone,
  isOneRow,
  lackingTokens,
  layOutRows,
  type CompositionPlan,
  type PlannedMethod,
} from './plan.ts';
import { ModelRows } from './model-rows.ts';
import { runMethod } from './own-method.ts';
import { permitPlausible } from './plausibility.ts';
import { ScheduledParams } from './scheduled-params.ts';
import { SourceRow } from './source.ts';

/**
 * The composed next-token logits of one generation, one position after the other:
 * `reset`, one `add` per model, `finish`.
 *
 * `composed = c_base base + shift`, where `shift = Σ c_i x_i` over the other terms, summed in the
 * formula's order whatever the order of arrival, each step rounded to float32. So
 * - the result does not depend on which model finishes first,
 * - an expert that equals its anti-expert gives a shift of exactly 0, and the base bit for bit
 *   (but that a logit of -0 becomes 0),
 * - one model with coefficient 1 is copied.
 *
 * A term's `x` is the model's logits, or its log-probs where the formula says `logp`. A token that a
 * term's model lacks has no logit there; it is taken as if every model found it as probable as the
 * base does, so that the difference of two models neither raises nor lowers it.
 *
 * Where the plan has a method of one's own, that writes the row in place of the sum.
 *
 * Where the plan has a schedule, the coefficients are those of its params' values at the position, which
 * depend on the rows alone: the composition is, bit for bit, that of a plan with these values.
 */
export interface Composition {
  readonly plan: CompositionPlan;
  /** Starts a position: `position` (tokens before it) is for messages. */
  reset(position: number): void;
  /**
   * Takes one model's logits `[its vocabulary's size]`, in any order; copied, so `row` may be reused. A sparse row is
   * taken of the base alone: see `bounds`.
   * @throws NonFiniteLogitsError naming the model, the position and the token.
   */
  add(model: string, row: Row): void;
  /** Takes a sparse row that tells more than the base's one did. `finish` then composes anew. */
  revise(row: SparseRow): void;
  /**
   * Where the base told some tokens alone, which of the composed logits are exact: the others are the most they may be.
   * `null` where all are.
   */
  readonly bounds: LogitBounds | null;
  /** The base's row, where that told some tokens alone. */
  readonly sparseRow: SparseRow | null;
  /** Index of the kernels' row that {@link logprob} reads. */
  readonly composedIndex: number;
  /** Whether the model has been added since the last reset. */
  has(model: string): boolean;
  /**
   * Index of the kernels' row with the logits that `model` gave at this position, in the base's order, `-Infinity`
   * where it lacks a token. @throws ContractError for a model that is not in the plan.
   */
  rowOf(model: string): number;
  /** Whether every model of `plan.models` has been added since the last reset. */
  readonly isComplete: boolean;
  /**
   * The logits of every model of the plan at this position, in the base's vocabulary, shape `[vocabSize]`: a token that
   * a model lacks is as probable there as the base finds it. Borrowed until the next reset, and not to be written to.
   */
  modelRows(): Readonly<Record<string, Float32Array>>;
  /** The composed logits as {@link logprob} reads them, likewise borrowed; needs `keepRows`. */
  composedRow(): Float32Array;
  /**
   * Index of the kernels' row that holds the composed logits `[base's vocabulary size]`, `-Infinity`
   * where implausible: the caller's to change until the next reset.
   * @throws NonFiniteLogitsError if the coefficients are so large that the sum overflows, or a method of one's own gives
   *   NaN, `+Infinity` or nothing that can be chosen; ContractError if it returns something; and what it throws.
   */
  finish(): number;
  /** What the plan's schedule chose of its params at this position; none without one. */
  scheduledParams(): Readonly<Record<string, number>>;
  /**
   * Writes the row that `finish` handed out anew, as `base + t shift`: the shift is that of the whole
   * formula before a plausibility mask, and the rewards on top; t is the largest scale in [0, 1] that
   * keeps `KL(softmax(base + t shift) ‖ softmax(base))` inside the budget. The mask then acts again.
   * At t = 1 it is the row of `finish` bit for bit, plus the rewards; at t = 0 the base, unmasked, bit
   * for bit. Needs `keepShift`; may be called again, with other rewards.
   * @param rewards - `null` is none.
   * @param budget - In nats, at least 0; `Infinity` is none.
   * @throws ContractError
   * @throws NonFiniteLogitsError if the rewards are so large that the sum overflows.
   */
  rescale(rewards: RewardShift | null, budget: number): ScaledShift;
  /**
   * Log-prob of a token under the composition, in nats, before rewards, budget, penalties and sampling; where there are
   * `bounds`, of a token that is exact, within {@link Composition.logprobError}.
   * Without `keepRows` it reads the row that `finish` handed out: ask before changing that row.
   */
  logprob(tokenId: TokenId): number;
  /** The composition's `count` most probable tokens, best first; see {@link logprob}. */
  topLogprobs(count: number): RankedToken[];
  /** By how much log-probs may be wrong, in nats: 0 where all logits are exact. */
  readonly logprobError: number;
  /** Log-probs of all tokens, `[vocabSize]`, the caller's own; see {@link logprob}. */
  allLogprobs(): Float32Array;
  /** Why `tokenId` was chosen; needs `keepRows`. @param top - Length of the lists before and after. */
  explain(tokenId: TokenId, top: number): TokenExplanation;
}

/**
 * A composition that works in rows `firstRow` to `firstRow + plan.rowCount - 1` of `kernels`, whose
 * length is the size of the base's vocabulary.
 * @throws ContractError if the kernels have too few rows, or rows of another length.
 */
export function createComposition(
  plan: CompositionPlan,
  kernels: RowKernels,
  firstRow = 0,
): Composition {
  return new RowComposition(plan, kernels, firstRow);
}

class RowComposition implements Composition {
  readonly plan: CompositionPlan;
  readonly #kernels: RowKernels;
  readonly #sources: ReadonlyMap<string, SourceRow>;
  /** The plan's, with its own coefficients. */
  readonly #planned: OrderedTerms;
  readonly #schedule: ScheduledParams | undefined;
  /** Row of the sum; of the only model where that is copied. */
  readonly #composed: number;
  /** Row handed out: another than `#composed` if that is to be kept. */
  readonly #output: number;
  readonly #mask: number;
  readonly #isCopy: boolean;
  readonly #modelRows: ModelRows;
  readonly #bounded: BoundedBase;
  /** Where the plan keeps the shift. */
  readonly #shift: BudgetedShift | undefined;

  #position = 0;
  #arrived = 0;
  /** With their coefficients at this position. */
  #terms: OrderedTerms;
  /** How many terms of the shift are in the sum. */
  #folded = 0;
  #scheduled: Readonly<Record<string, number>> = {};
  #isFinished = false;
  /** `logSumExp` of the composed row, once it has been asked for. */
  #logZ: number | undefined;
  #klScale = 1;

  constructor(plan: CompositionPlan, kernels: RowKernels, firstRow: number) {
    checkRows(plan, kernels, firstRow);
    this.plan = plan;
    this.#kernels = kernels;
    this.#sources = new Map(
      plan.models.map((model, i) => [
        model,
        new SourceRow(kernels, firstRow + i, plan.alignments.get(model)),
      ]),
    );
    const layout = layOutRows(plan);
    const shift = firstRow + layout.shift;
    this.#isCopy = isCopy(plan);
    this.#composed = firstRow + layout.composed;
    this.#mask = firstRow + layout.mask;
    this.#output = plan.keepRows ? this.#mask : this.#composed;
    const rows = { composed: this.#composed, shift, output: this.#output };
    if (plan.keepShift) this.#shift = new BudgetedShift(kernels, { ...rows, base: this.#baseRow });
    if (plan.schedule !== null) {
      const { difference } = plan.schedule;
      this.#schedule = new ScheduledParams(plan.schedule, kernels, {
        ...rows,
        base: this.#baseRow,
        sides: layout.sides && [firstRow + layout.sides[0], firstRow + layout.sides[1]],
        sources: this.#sources,
        lacking: lackingOf(plan, [...(difference?.raised ?? []), ...(difference?.lowered ?? [])]),
      });
    }
    this.#bounded = new BoundedBase(plan, kernels, this.#sources.get(plan.base));
    this.#modelRows = new ModelRows(plan, kernels, this.#sources);
    this.#planned = orderTerms(plan, plan.terms);
    this.#terms = this.#planned;
    this.reset(0);
  }

  reset(position: number): void {
    this.#position = position;
    this.#arrived = 0;
    this.#folded = 0;
    this.#isFinished = false;
    this.#logZ = undefined;
    this.#klScale = 1;
    this.#scheduled = {};
    this.#terms = this.#planned;
    for (const source of this.#sources.values()) source.isPresent = false;
    if (!this.#isCopy) this.#kernels.fill(this.#composed, 0);
  }

  add(model: string, row: Row): void {
    const source = this.#sources.get(model);
    if (source === undefined || source.isPresent) {
      throw new ContractError(
        source === undefined
          ? `The composition has no use for ${model}: it needs ${this.plan.models.join(', ')}.`
          : `${model} was already added at position ${this.#position}: call reset first.`,
      );
    }
    source.take(row, model, this.#position);
    this.#bounded.forget();
    this.#arrived++;
    this.#foldShift();
  }

  revise(row: SparseRow): void {
    this.#sources.get(this.plan.base)!.take(row, this.plan.base, this.#position);
    this.#bounded.forget();
    this.#isFinished = false;
    this.#logZ = undefined;
    this.#folded = 0;
    if (!this.#isCopy) this.#kernels.fill(this.#composed, 0);
    this.#foldShift();
  }

  get bounds(): LogitBounds | null {
    return this.#bounded.bounds;
  }

  get sparseRow(): SparseRow | null {
    return this.#sources.get(this.plan.base)?.sparse ?? null;
  }

  get composedIndex(): number {
    return this.#composed;
  }

  get logprobError(): number {
    this.finish();
    return this.#bounded.normalise(this.#composed)?.error ?? 0;
  }

  has(model: string): boolean {
    return this.#sources.get(model)?.isPresent === true;
  }

  rowOf(model: string): number {
    const source = this.#sources.get(model);
    if (source !== undefined) return source.row;
    throw new ContractError(
      `The composition has no model ${model}: it has ${this.plan.models.join(', ')}.`,
    );
  }

  get isComplete(): boolean {
    return this.#arrived === this.plan.models.length;
  }

  finish(): number {
    if (this.#isFinished) return this.#output;
    if (!this.isComplete) {
      const missing = this.plan.models.filter((model) => !this.#sources.get(model)!.isPresent);
      throw new ContractError(
        `The composition at position ${this.#position} still needs ${missing.join(', ')}.`,
      );
    }
    if (this.plan.method !== null) this.#callMethod(this.plan.method);
    else if (!this.#isCopy) this.#addBase();
    if (this.#schedule !== undefined) this.#follow(this.#schedule);
    this.#shift?.measure();
    if (this.plan.plausibility !== null && this.#isSteered) this.#maskImplausible();
    if (this.#output !== this.#composed) {
      this.#kernels.row(this.#output).set(this.#kernels.row(this.#composed));
    }
    this.#isFinished = true;
    return this.#output;
  }

  modelRows(): Readonly<Record<string, Float32Array>> {
    this.finish();
    this.#modelRows.fill();
    return this.#modelRows.rows;
  }

  composedRow(): Float32Array {
    if (!this.plan.keepRows) {
      throw new ContractError('Reading the composed row needs a plan with keepRows.');
    }
    this.finish();
    return this.#kernels.row(this.#composed);
  }

  scheduledParams(): Readonly<Record<string, number>> {
    this.finish();
    return this.#scheduled;
  }

  rescale(rewards: RewardShift | null, budget: number): ScaledShift {
    this.finish();
    if (this.#shift === undefined) {
      throw new ContractError('Rescaling needs a plan with keepShift.');
    }
    const scaled = this.#shift.rescale(rewards ?? noRewards, budget);
    this.#klScale = scaled.scale;
    return scaled;
  }

  logprob(tokenId: TokenId): number {
    return this.#logitsOf(tokenId) - this.#composedLogZ();
  }

  allLogprobs(): Float32Array {
    this.finish();
    const logZ = this.#composedLogZ();
    return this.#kernels.row(this.#composed).map((logit) => logit - logZ);
  }

  topLogprobs(count: number): RankedToken[] {
    this.finish();
    return rankTokens(this.#kernels, this.#composed, this.#composedLogZ(), count, this.bounds);
  }

  explain(tokenId: TokenId, top: number): TokenExplanation {
    if (!this.plan.keepRows) {
      throw new ContractError('Explaining a token needs a plan with keepRows.');
    }
    this.#logitsOf(tokenId); // finished, and the token exists
    return explain(tokenId, top, {
      base: this.plan.base,
      terms: this.#terms.all,
      isSum: this.plan.method === null,
      scheduled: this.#scheduled,
      kernels: this.#kernels,
      composed: { row: this.#composed, logZ: this.#composedLogZ() },
      sources: this.#sources,
      klScale: this.#klScale,
      bounds: this.bounds,
    });
  }

  get #baseRow(): number {
    return this.#sources.get(this.plan.base)!.row;
  }

  /** Whether anything may have moved the row from one model's own. */
  get #isSteered(): boolean {
    return this.plan.method !== null || !isOneAlone(this.#terms.all);
  }

  /** The row of a method of one's own, which finds the base's logits in it. */
  #callMethod(method: PlannedMethod): void {
    const out = this.#kernels.row(this.#composed);
    out.set(this.#kernels.row(this.#baseRow));
    this.#modelRows.fill();
    runMethod(method, this.#modelRows.rows, out, this.#position, method.params);
    if (this.#kernels.firstNonFinite(this.#composed) === -1) return; // as a rule
    const bad = out.findIndex((logit) => Number.isNaN(logit) || logit === Infinity);
    if (bad !== -1) {
      throw new NonFiniteLogitsError(
        `The method ${method.name} gave ${out[bad]} for token ${bad} at position ${this.#position}: it must give a finite ` +
          'logit, or -Infinity, which bans the token.',
      );
    }
    if (out[this.#kernels.argmax(this.#composed)] !== -Infinity) return;
    throw new NonFiniteLogitsError(
      `The method ${method.name} bans every token at position ${this.#position}: nothing is left to choose.`,
    );
  }

  /** Adds the terms whose turn it is and whose rows are there. */
  #foldShift(): void {
    if (this.#isCopy || this.plan.method !== null) return;
    const { shift } = this.#terms;
    for (; this.#folded < shift.length; this.#folded++) {
      const term = shift[this.#folded]!;
      if (!this.#sources.get(term.model)!.isPresent) return;
      this.#accumulate(term);
    }
  }

  /** Composes anew with the coefficients that the schedule chooses, where they are others than the plan's. */
  #follow(schedule: ScheduledParams): void {
    this.#scheduled = schedule.choose();
    const { params, coefficientsAt } = this.plan.schedule!;
    if (params.every(({ name, value }) => this.#scheduled[name] === value)) return;
    const coefficients = coefficientsAt(this.#scheduled);
    const terms = this.plan.terms.map((term, i) => ({ ...term, coefficient: coefficients[i]! }));
    this.#terms = orderTerms(this.plan, terms);
    if (isOneRow(terms, this.plan.alignments)) {
      const { model } = terms.find(({ coefficient }) => coefficient !== 0)!;
      const { row } = this.#sources.get(model)!;
      this.#kernels.row(this.#composed).set(this.#kernels.row(row));
      return;
    }
    this.#kernels.fill(this.#composed, 0);
    for (const term of this.#terms.shift) this.#accumulate(term);
    this.#addBase();
  }

  #addBase(): void {
    this.#shiftLackingTokens();
    if (this.#terms.base !== undefined) this.#accumulate(this.#terms.base);
    const bad = this.#kernels.firstNonFinite(this.#composed);
    if (bad === -1) return;
    const coefficients = this.#terms.all.map((term) => `${term.coefficient} for ${term.model}`);
    throw new NonFiniteLogitsError(
      `At position ${this.#position} the composition overflows at token ${bad}: the coefficients ` +
        `(${coefficients.join(', ')}) are too large for these logits. Choose smaller params.`,
    );
  }

  #accumulate({ model, space, coefficient }: PlannedTerm): void {
    if (coefficient === 0) return;
    const source = this.#sources.get(model)!;
    const offset = space === 'logprobs' ? source.logZ : 0;
    this.#kernels.accumulate(this.#composed, source.row, coefficient, offset);
  }

  /** `shift[i] <- Σ c_j x_j` with every `log p_j(i)` taken to be the base's. */
  #shiftLackingTokens(): void {
    const { lacking, shift: terms } = this.#terms;
    if (lacking.length === 0) return;
    const composed = this.#kernels.row(this.#composed);
    const base = this.#sources.get(this.plan.base)!;
    for (const tokenId of lacking) {
      const logprob = base.logprob(tokenId);
      let shift = 0;
      for (const { model, space, coefficient } of terms) {
        const offset = space === 'logits' ? this.#sources.get(model)!.logZ : 0;
        shift += coefficient * (logprob + offset);
      }
      composed[tokenId] = shift;
    }
  }

  #maskImplausible(): void {
    const { plausibility } = this.plan;
    this.#kernels.fill(this.#mask, -Infinity);
    for (const model of plausibility!.models) {
      const source = this.#sources.get(model)!;
      permitPlausible(this.#kernels, this.#mask, source.row, plausibility!, () => source.logZ);
    }
    this.#kernels.accumulate(this.#composed, this.#mask, 1, 0);
  }

  #logitsOf(tokenId: TokenId): number {
    this.finish();
    const logit = this.#kernels.row(this.#composed)[tokenId];
    if (logit !== undefined) return logit;
    throw new ContractError(
      `There is no token ${tokenId}: the vocabulary has ${this.#kernels.length}.`,
    );
  }

  #composedLogZ(): number {
    return (this.#logZ ??=
      this.#bounded.normalise(this.#composed)?.logZ ?? this.#kernels.logSumExp(this.#composed));
  }
}

/** Terms with coefficients that are summed in an order: those of the shift, then the base's. */
interface OrderedTerms {
  readonly all: readonly PlannedTerm[];
  /** Every one but the base's, in the formula's order. */
  readonly shift: readonly PlannedTerm[];
  readonly base: PlannedTerm | undefined;
  /** Tokens that a model of the shift lacks. */
  readonly lacking: readonly TokenId[];
}

function orderTerms(plan: CompositionPlan, all: readonly PlannedTerm[]): OrderedTerms {
  const base = all.find(({ model, coefficient }) => model === plan.base && coefficient !== 0);
  const shift = all.filter((term) => term !== base);
  return { all, shift, base, lacking: lackingOf(plan, shift) };
}

/** Tokens that the model of a term that counts lacks. */
function lackingOf(plan: CompositionPlan, terms: readonly PlannedTerm[]): TokenId[] {
  const counted = terms.filter(({ coefficient }) => coefficient !== 0);
  const lacking = counted.flatMap(({ model }) => lackingTokens(plan.alignments, model));
  return [...new Set(lacking)];
}

function checkRows(plan: CompositionPlan, kernels: RowKernels, firstRow: number): void {
  if (firstRow + plan.rowCount > kernels.count) {
    throw new ContractError(
      `The composition needs rows ${firstRow} to ${firstRow + plan.rowCount - 1}; the kernels have ` +
        `${kernels.count}.`,
    );
  }
  for (const model of plan.models) {
    const size = plan.alignments.get(model)?.baseSize ?? kernels.length;
    if (size === kernels.length) continue;
    throw new ContractError(
      `The kernels' rows have ${kernels.length} entries, but the base's vocabulary has ${size}.`,
    );
  }
}
