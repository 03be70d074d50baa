import {
  ConstraintError,
  EmptySupportError,
  InvalidOptionError,
  type ConstraintState,
  type TokenId,
  type Vocabulary,
} from '../spec/index.ts';
import { forcedTokens } from './forced-tokens.ts';
import type { Configuration, Recogniser } from './recogniser.ts';
import type { TokenIndex } from './token-index.ts';
import type { TokenMasks } from './token-masks.ts';

/** A compiled constraint over one vocabulary. */
export interface VocabularyConstraint {
  readonly vocabulary: Vocabulary;
  readonly index: TokenIndex;
  readonly recogniser: Recogniser;
  readonly masks: TokenMasks;
}

/** After the end of generation. */
const ended: Configuration = {
  entries: [],
  accepting: true,
  rest: 0,
  next: undefined,
  shortest: undefined,
  tokensToEnd: undefined,
};

export class TokenConstraintState implements ConstraintState {
  readonly #constraint: VocabularyConstraint;
  readonly #bits: Uint32Array;
  /** Before the first token, and after each of those accepted. */
  readonly #path: Configuration[];

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

  mask(budget: number): Uint32Array {
    if (!(budget >= 0)) {
      throw new InvalidOptionError(
        'budget',
        `The budget is ${budget} tokens, but must be 0 or more.`,
      );
    }
    const { masks } = this.#constraint;
    if (!masks.write(this.#bits, this.#now, budget) && !this.canEnd) throw this.#noToken(budget);
    return this.#bits;
  }

  forced(): readonly TokenId[] {
    const { recogniser, index, vocabulary } = this.#constraint;
    return forcedTokens(this.#now, recogniser, index, vocabulary);
  }

  accept(tokenId: TokenId): void {
    const after = this.#after(tokenId);
    if (after === null) {
      throw new InvalidOptionError(
        'tokenId',
        `Token ${tokenId} is not allowed by the constraint after ${this.length} tokens.`,
      );
    }
    this.#path.push(after);
  }

  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.length) {
      throw new InvalidOptionError(
        'length',
        `Cannot keep ${length} tokens of the ${this.length} accepted.`,
      );
    }
    this.#path.length = length + 1;
  }

  #after(tokenId: TokenId): Configuration | null {
    const { index, recogniser } = this.#constraint;
    const piece = index.pieces[tokenId];
    if (piece === undefined) {
      return this.canEnd && index.endOfGeneration.includes(tokenId) ? ended : null;
    }
    let after: Configuration | null = this.#now;
    for (const byte of piece) {
      after = recogniser.step(after, byte);
      if (after === null) return null;
    }
    return after;
  }

  #noToken(budget: number): Error {
    const needed = this.#constraint.masks.tokensNeeded(this.#now);
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
