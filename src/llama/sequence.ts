import {
  ContractError,
  DisposedError,
  TruncateError,
  type Mixture,
  type Sequence,
} from '../spec/index.ts';
import type { NativeModel } from './native-model.ts';

/** The context of a sequence, as the sequence needs it. */
export interface SequenceOwner {
  readonly model: NativeModel;
  createSequence(mixture: Mixture): LlamaSequence;
  /** Keeps the first `length` tokens. @returns Whether the model could. */
  truncateSequence(id: number, length: number): boolean;
  /** Shares or copies the whole of one sequence with another, empty one. */
  copySequence(from: number, to: number): void;
  releaseSequence(id: number): void;
}

/** One lane of a context. */
export class LlamaSequence implements Sequence {
  readonly id: number;
  readonly mixture: Mixture;
  readonly #owner: SequenceOwner;
  #length = 0;
  #disposed = false;

  constructor(owner: SequenceOwner, id: number, mixture: Mixture) {
    this.#owner = owner;
    this.id = id;
    this.mixture = mixture;
  }

  get length(): number {
    return this.#length;
  }

  /** Counts tokens the context has appended. */
  grow(tokens: number): void {
    this.#length += tokens;
  }

  truncate(length: number): void {
    this.#assertUsable();
    this.#requireLength('keep', length);
    if (length === this.#length) return;
    if (!this.#owner.truncateSequence(this.id, length)) {
      throw new TruncateError(
        `${this.#owner.model.name} cannot drop the tail of a sequence (from ${this.#length} to ${length} tokens); ` +
          'recurrent models cannot. Start the sequence again.',
      );
    }
    this.#length = length;
  }

  fork(length = this.#length): LlamaSequence {
    this.#assertUsable();
    this.#requireLength('fork', length);
    const copy = this.#owner.createSequence(this.mixture);
    if (length === 0) return copy;
    // Between KV streams only whole sequences can be copied; the tail is dropped from the copy.
    this.#owner.copySequence(this.id, copy.id);
    copy.#length = this.#length;
    try {
      copy.truncate(length);
    } catch (error) {
      copy[Symbol.dispose]();
      throw error;
    }
    return copy;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#owner.releaseSequence(this.id);
  }

  #requireLength(verb: 'keep' | 'fork', length: number): void {
    if (Number.isInteger(length) && length >= 0 && length <= this.#length) return;
    throw new ContractError(
      `Cannot ${verb} ${length} tokens of a sequence of ${this.#length}; give an integer from 0 to ${this.#length}.`,
    );
  }

  #assertUsable(): void {
    if (this.#disposed) throw new DisposedError('The sequence was disposed of.');
  }
}
