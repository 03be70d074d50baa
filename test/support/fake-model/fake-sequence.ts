import {
  DisposedError,
  ContractError,
  TruncateError,
  type Mixture,
  type ModelCapabilities,
  type Sequence,
  type TokenId,
} from '../../../src/spec/index.ts';

/** A place in the cache; forks share those of their prefix. */
export interface FakeCell {
  readonly tokenId: TokenId;
}

/** The context of a sequence, as the sequence needs it. */
export interface FakeSequenceOwner {
  readonly capabilities: Pick<ModelCapabilities, 'forks' | 'truncates'>;
  createSequence(mixture: Mixture, cells: readonly FakeCell[]): FakeSequence;
  releaseSequence(sequence: FakeSequence): void;
  /** @throws DisposedError */
  requireUsable(): void;
}

/** One lane of a fake context. */
export class FakeSequence implements Sequence {
  readonly mixture: Mixture;
  readonly #owner: FakeSequenceOwner;
  readonly #cells: FakeCell[];
  #isDisposed = false;

  constructor(owner: FakeSequenceOwner, mixture: Mixture, cells: readonly FakeCell[]) {
    this.#owner = owner;
    this.mixture = mixture;
    this.#cells = [...cells];
  }

  get length(): number {
    return this.#cells.length;
  }

  get cells(): readonly FakeCell[] {
    return this.#cells;
  }

  get tokens(): TokenId[] {
    return this.#cells.map(({ tokenId }) => tokenId);
  }

  append(tokens: readonly TokenId[]): void {
    for (const tokenId of tokens) this.#cells.push({ tokenId });
  }

  truncate(length: number): void {
    this.#require(length);
    if (length === this.length) return;
    if (length > 0 && !this.#owner.capabilities.truncates) {
      throw new TruncateError('The fake cannot drop a tail.');
    }
    this.#cells.length = length;
  }

  fork(length = this.length): FakeSequence {
    this.#require(length);
    if (!this.#owner.capabilities.forks) throw new ContractError('The fake cannot fork.');
    const copy = this.#owner.createSequence(this.mixture, this.#cells);
    try {
      copy.truncate(length);
      return copy;
    } catch (error) {
      copy[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#owner.releaseSequence(this);
  }

  #require(length: number): void {
    if (this.#isDisposed) throw new DisposedError('The sequence was disposed of.');
    this.#owner.requireUsable();
    if (Number.isInteger(length) && length >= 0 && length <= this.length) return;
    throw new ContractError(`${length} of ${this.length} tokens.`);
  }
}
