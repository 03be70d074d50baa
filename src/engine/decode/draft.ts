import type { Coupling } from '../../options/index.ts';
import type { DraftedToken } from '../../sampling/index.ts';
import type { ConstraintState, DraftUsage, TokenId } from '../../spec/index.ts';
import type { Acceptances } from './acceptances.ts';
import type { Copies, Copy } from './copies.ts';
import { rows, valueOf, type Steps } from './course.ts';
import { chooseDraft, type ChosenDraft, type DraftOption } from './draft-choice.ts';
import type { MaskPreparer } from './mask-preparer.ts';
import type { TaskLanes } from './task-lanes.ts';
import type { TokenChooser } from './token-chooser.ts';
import type { Window } from './window.ts';

/** Who may draft for a request, and how much. */
export interface Speculation {
  /** Whether copies may be drafted, and by which models: all of them, and the fastest is taken. */
  readonly copies: boolean;
  /** Texts that the answer may go on with, beside its own and the prompt's. */
  readonly prepared: readonly (readonly TokenId[])[];
  readonly models: readonly string[];
  /** Tokens of a draft at most: rows are held for as many. */
  readonly most: number;
  /** Tokens of a draft; `auto` is as many as pay, none among them. */
  readonly length: number | 'auto';
  readonly coupling: Coupling;
  /** What is believed of the drafters at first. */
  readonly acceptances: Acceptances;
}

export interface DraftingOptions extends Pick<Speculation, 'models' | 'length' | 'coupling'> {
  readonly lanes: TaskLanes;
  readonly window: Window;
  readonly chooser: TokenChooser;
  readonly constraint: ConstraintState | null;
  readonly masks: MaskPreparer;
  readonly endTokens: ReadonlySet<TokenId>;
  readonly acceptances: Acceptances;
  /** `null` where nothing is copied. */
  readonly copies: Copies | null;
  readonly signal: AbortSignal;
}

/** Where a draft begins. */
export interface DraftStart {
  /** The tokens of the answer. */
  readonly answer: readonly TokenId[];
  /** Those that are certain to follow, and not accepted yet. */
  readonly known: readonly TokenId[];
  /** Tokens that may still be chosen. */
  readonly budget: number;
  readonly attempt: number;
}

/** A token that is supposed to come, and who said so. */
interface Supposed extends DraftedToken {
  /** `null` where it is known, and not drafted. */
  readonly drafter: string | null;
  /** What it is believed by: see {@link Acceptances}. */
  readonly belief: string;
}

/** Who is certain of what it drafts. */
const byConstraint = 'constraint';
const byCopies = 'copies';

/** Whose the tokens of prepared texts are. */
const byPrepared = 'prepared';

/**
 * Positions at which a model's own choice is compared with what came, though it drafted nothing: the first ones,
 * and then every so many.
 */
const watchedFirst = 12;
const watchedEvery = 16;

/** Copies after so many tokens that agree are believed apart from the others, and taken before a model's drafts. */
const longMatch = 6;

const drafterOf = ({ isPrepared }: Copy): string => (isPrepared ? byPrepared : byCopies);

const beliefIn = (copy: Copy): string =>
  `${drafterOf(copy)} after ${copy.matched >= longMatch ? 'many' : 'few'}`;

/**
 * What one answer is supposed to go on with, so that one forward pass of each model gives the rows of several
 * positions. Whether a token comes is decided as without a draft, position by position: a draft only decides
 * which rows are there. With Gumbel-coupled draws a drafter that is nearly right is right as a rule.
 * @see Leviathan et al. 2022, arXiv:2211.17192; Daliri et al. 2024, "Coupling without Communication and
 *   Drafter-Invariant Speculative Decoding", arXiv:2408.07978
 */
export class Drafting {
  readonly #options: DraftingOptions;
  #supposed: Supposed[] = [];
  #isAtWork = false;
  /** Tokens of the answer that were chosen, and not forced; dropped ones still count. */
  #chosen = 0;
  readonly #usage = new Map<string, { drafted: number; accepted: number }>();

  constructor(options: DraftingOptions) {
    this.#options = options;
  }

  /** What is supposed to follow the answer, what is known included; none where nothing was drafted. */
  get tokens(): readonly TokenId[] {
    return this.#supposed.map(({ tokenId }) => tokenId);
  }

  /** The next of them, where a choice depends on it. */
  get coupled(): DraftedToken | null {
    const next = this.#supposed[0];
    if (this.#options.coupling === 'gumbel' || next === undefined) return null;
    return next.drafter === null || next.drafter === byConstraint ? null : next;
  }

  /** Who drafted the token that is about to come, if it is the one supposed. */
  drafterOf(tokenId: TokenId): string | undefined {
    const next = this.#supposed[0];
    return next?.tokenId === tokenId ? (next.drafter ?? undefined) : undefined;
  }

  /** Whether a draft is being made: its rows are known to nobody else. */
  get isAtWork(): boolean {
    return this.#isAtWork;
  }

  /** By drafter, what was drafted and how much of it came; `undefined` before there was any. */
  get usage(): Readonly<Record<string, DraftUsage>> | undefined {
    return this.#usage.size === 0 ? undefined : Object.fromEntries(this.#usage);
  }

  /** Supposes what may follow; the window is open at the next position, and may hold rows of the drafting model. */
  *draft(start: DraftStart): Steps {
    const { window, chooser } = this.#options;
    const { known, budget } = start;
    const room = Math.min(window.capacity, budget) - 1 - known.length;
    if (room <= 0) return;
    const chosen = this.#choose(room, start);
    if (chosen === null) return;
    this.#isAtWork = true;
    this.#add(null, byConstraint, known);
    yield* this.#fill(start, chosen.drafter, known.length + chosen.length);
    chooser.forget();
    this.#options.copies?.drop(this.#supposed.length);
    this.#isAtWork = false;
    for (const { drafter } of this.#supposed) {
      if (drafter !== null) this.#usageOf(drafter).drafted++;
    }
  }

  /**
   * Learns how good a model's drafts would be, from the rows of the current position, before its token is accepted.
   * @param tokenId - What came. @param start - As for {@link draft}, at this position.
   */
  watch(tokenId: TokenId, { answer, budget, attempt }: DraftStart): void {
    const { length, models, acceptances } = this.#options;
    const position = answer.length;
    this.#chosen++;
    if (length !== 'auto' || (position >= watchedFirst && position % watchedEvery !== 0)) return;
    const drafter = this.#supposed[0]?.drafter;
    for (const model of models) {
      if (model === drafter) continue; // it is told by what becomes of its draft
      acceptances.record(model, this.#choiceOf(model, budget, attempt).tokenId === tokenId);
    }
  }

  /** A token has come. @returns Whether it was not the one supposed: then none of the others is of use. */
  accept(tokenId: TokenId): 'refuted' | undefined {
    this.#options.copies?.push(tokenId);
    const next = this.#supposed.shift();
    if (next === undefined) return undefined;
    const { drafter, belief } = next;
    const isAccepted = next.tokenId === tokenId;
    if (belief !== byConstraint) this.#options.acceptances.record(belief, isAccepted);
    if (isAccepted && drafter !== null) this.#usageOf(drafter).accepted++;
    if (isAccepted) return undefined;
    this.#supposed = [];
    return 'refuted';
  }

  /** The last `count` tokens of the answer are gone, and all that was supposed. */
  drop(count: number): void {
    this.#options.copies?.drop(count);
    this.#supposed = [];
  }

  #choose(room: number, { answer }: DraftStart): ChosenDraft | null {
    const { length, models, copies, acceptances, lanes } = this.#options;
    if (length !== 'auto') {
      return { drafter: models[0] ?? byCopies, length: Math.min(length, room) };
    }
    const loads = lanes.loads;
    const options = models.map((model): DraftOption => {
      const context = loads.find((load) => load.models.includes(model)) ?? null;
      return { drafter: model, rate: acceptances.rateOf(model), most: room, context };
    });
    const copy = copies?.find(room) ?? null;
    if (copy !== null) {
      const rate = acceptances.rateOf(beliefIn(copy));
      options.unshift({ drafter: drafterOf(copy), rate, most: copy.tokens.length, context: null });
    }
    // What a constraint forces comes without a draft, too.
    return chooseDraft(loads, options, (this.#chosen + 1) / (answer.length + 1));
  }

  /** Supposes up to `length` tokens: those that are certain, what is copied, and what a model says. */
  *#fill(start: DraftStart, drafter: string, length: number): Steps {
    const { constraint, length: asked } = this.#options;
    const isCopying = drafter === byCopies || drafter === byPrepared;
    const leastMatch = isCopying ? 0 : longMatch;
    const copies = isCopying || asked === 'auto' ? this.#options.copies : null;
    for (;;) {
      const room = length - this.#supposed.length;
      if (room <= 0) return;
      const forced = constraint?.forced(this.#left(start)).slice(0, room) ?? [];
      if (forced.length > 0) {
        this.#add(byConstraint, byConstraint, forced);
        continue;
      }
      const copy = copies?.find(room) ?? null;
      if (copy !== null && copy.matched >= leastMatch) {
        const taken = this.#addCopy(copy, start);
        if (taken > 0) continue;
      }
      if (isCopying || !(yield* this.#addOfModel(drafter, start))) return;
    }
  }

  /** Tokens that may still be chosen behind those that are supposed. */
  #left({ budget }: DraftStart): number {
    return budget - this.#supposed.length;
  }

  /** @returns How many of its tokens may come. */
  #addCopy(copy: Copy, start: DraftStart): number {
    const { constraint, endTokens } = this.#options;
    let taken = 0;
    for (const tokenId of copy.tokens) {
      if (endTokens.has(tokenId)) break;
      if (constraint !== null && !constraint.allows(tokenId, this.#left(start))) break;
      this.#add(drafterOf(copy), beliefIn(copy), [tokenId]);
      taken++;
    }
    return taken;
  }

  /** Asks the model for its row of the next position. @returns Whether it goes on. */
  *#addOfModel(model: string, start: DraftStart): Steps<boolean> {
    const { window, lanes, constraint, masks, endTokens, signal } = this.#options;
    const { answer, attempt } = start;
    const before = [...answer, ...this.tokens];
    window.reach(before.length - answer.length + 1);
    lanes.want(before, (models) =>
      models.includes(model) ? answer.length + window.rowsOf(model) : undefined,
    );
    yield rows;
    const left = this.#left(start);
    if (constraint !== null) yield* valueOf(masks.prepare(constraint, left, signal));
    window.goTo(before.length);
    const drafted = this.#choiceOf(model, left, attempt);
    if (endTokens.has(drafted.tokenId)) return false;
    this.#add(model, model, [drafted.tokenId], drafted.probabilities);
    return true;
  }

  /** What would be chosen if the model's row of the current position were the composed one. */
  #choiceOf(model: string, budget: number, attempt: number): DraftedToken {
    const { window, chooser, coupling } = this.#options;
    const { kernels, spareRow } = window;
    kernels.row(spareRow).set(kernels.row(window.modelRow(model)));
    return chooser.draft(spareRow, budget, coupling, attempt);
  }

  #add(
    drafter: string | null,
    belief: string,
    tokenIds: readonly TokenId[],
    probabilities: DraftedToken['probabilities'] = null,
  ): void {
    this.#options.chooser.suppose(tokenIds);
    for (const tokenId of tokenIds) {
      this.#options.copies?.push(tokenId);
      this.#supposed.push({ tokenId, probabilities, drafter, belief });
    }
  }

  #usageOf(drafter: string): { drafted: number; accepted: number } {
    const usage = this.#usage.get(drafter) ?? { drafted: 0, accepted: 0 };
    this.#usage.set(drafter, usage);
    return usage;
  }
}
