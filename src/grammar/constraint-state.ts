import {
  ConstraintError,
  EmptySupportError,
  ContractError,
  type ConstraintState,
  type TokenId,
  type Vocabulary,
} from '../spec/index.ts';
import { forcedTokens } from './forced-tokens.ts';
import type { Configuration } from './configuration.ts';
import type { Recogniser } from './recogniser.ts';
import { pieceOf, type TokenIndex } from './token-index.ts';
import type { MeteredSteps, TokenMasks } from './token-masks.ts';

/** A compiled constraint over one vocabulary. */
export interface VocabularyConstraint {
  readonly vocabulary: Vocabulary;
  readonly index: TokenIndex;
  readonly recogniser: Recogniser;
  readonly masks: TokenMasks;
  /** What it takes in memory before anything is asked of it. */
  readonly ownBytes: number;
  /** To be called when it has worked something out. */
  readonly grew: () => void;
}

/** After the end of generation. */
const ended: Configuration = {
  entries: [],
  accepting: true,
  rest: 0,
  next: undefined,
  ending: undefined,
};

export class TokenConstraintState implements ConstraintState {
  readonly #constraint: VocabularyConstraint;
  readonly #bits: Uint32Array;
  /** Before the first token, and after each of those accepted. */
  readonly #path: Configuration[];
  /** The mask in work, or the one in `#bits`: where, for which budget, and what is left to do. */
  #mask: { at: Configuration; budget: number; steps: MeteredSteps<void> | undefined } | undefined;

  constructor(constraint: VocabularyConstraint) {
    this.#constraint = constraint;
    this.#bits = new Uint32Array(Math.ceil(constraint.index.size / 32));
    this.#path = [constraint.recogniser.start];
  }

  get length(): number {
    return this.#path.length - 1;
  }

  get canEnd(): boolean {
    return this.#now.accepting;
  }

  get mustEnd(): boolean {
    return this.#now.accepting && this.#now.entries.length === 0;
  }

  get #now(): Configuration {
    return this.#path.at(-1)!;
  }

  prepareMask(budget: number, steps: number): boolean {
    if (!(budget >= 0)) {
      throw new ContractError(`The budget is ${budget} tokens, but must be 0 or more.`);
    }
    const at = this.#now;
    if (this.#mask?.at !== at || this.#mask.budget !== budget) {
      this.#mask = { at, budget, steps: this.#write(at, budget) };
    }
    if (this.#mask.steps === undefined) return true;
    this.#constraint.recogniser.meter.allow(steps);
    try {
      if (this.#mask.steps.next().done !== true) return false;
    } catch (error) {
      this.#mask = undefined;
      throw error;
    } finally {
      this.#constraint.grew();
    }
    this.#mask.steps = undefined;
    return true;
  }

  mask(budget: number): Uint32Array {
    while (!this.prepareMask(budget, Infinity));
    return this.#bits;
  }

  forced(budget: number): readonly TokenId[] {
    const { recogniser, index, vocabulary, masks } = this.#constraint;
    const tokens = forcedTokens(this.#now, recogniser, index, vocabulary);
    const left = budget - tokens.length;
    if (tokens.length === 0 || left < 0) return [];
    // The tokenizer may take more tokens than the completion that there is room for.
    const after = tokens.reduce((at, tokenId) => this.#read(at, tokenId)!, this.#now);
    return after.rest <= left || masks.tokensToEnd(after) <= left ? tokens : [];
  }

  allows(tokenId: TokenId, budget: number): boolean {
    const after = this.#after(tokenId);
    if (after === null || after === ended) return after !== null;
    const left = budget - 1;
    return after.rest <= left || this.#constraint.masks.tokensToEnd(after) <= left;
  }

  accept(tokenId: TokenId): void {
    const after = this.#after(tokenId);
    if (after === null) {
      throw new ContractError(
        `Token ${tokenId} is not allowed by the constraint after ${this.length} tokens.`,
      );
    }
    this.#path.push(after);
  }

  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.length) {
      throw new ContractError(`Cannot keep ${length} tokens of the ${this.length} accepted.`);
    }
    this.#path.length = length + 1;
  }

  #after(tokenId: TokenId): Configuration | null {
    const { index, recogniser } = this.#constraint;
    recogniser.forgetIfLarge();
    if (pieceOf(index.pieces, tokenId) !== undefined) return this.#read(this.#now, tokenId);
    return this.canEnd && index.endOfGeneration.includes(tokenId) ? ended : null;
  }

  #read(at: Configuration, tokenId: TokenId): Configuration | null {
    const { index, recogniser } = this.#constraint;
    let after: Configuration | null = at;
    for (const byte of pieceOf(index.pieces, tokenId) ?? []) {
      after = recogniser.step(after, byte);
      if (after === null) return null;
    }
    return after;
  }

  *#write(at: Configuration, budget: number): MeteredSteps<void> {
    const { masks } = this.#constraint;
    if ((yield* masks.write(this.#bits, at, budget)) || at.accepting) return;
    throw this.#noToken(yield* masks.tokensNeeded(at), budget);
  }

  #noToken(needed: number, budget: number): Error {
    if (needed === Infinity) {
      return new EmptySupportError(
        `The vocabulary has no token with which the answer could go on after ${this.length} tokens ` +
          'and still satisfy the constraint.',
      );
    }
    const answer = this.length === 0 ? 'The shortest answer' : 'The shortest end of the answer';
    return new ConstraintError(
      '',
      `${answer} that satisfies the constraint takes ${needed} tokens, but only ${budget} are left. ` +
        'Raise maxTokens.',
    );
  }
}
