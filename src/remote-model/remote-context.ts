import {
  ContextLengthError,
  ContractError,
  DisposedError,
  KvCacheFullError,
  type ContextOptions,
  type Extension,
  type ExtensionRows,
  type LanguageModel,
  type ModelContext,
  type Sequence,
  type SparseRow,
  type TokenId,
} from '../spec/index.ts';
import type { RowSource } from './row-source.ts';

/** The texts that somebody decodes; what the server holds of them is its own. */
export class RemoteContext implements ModelContext {
  readonly model: LanguageModel;
  readonly contextLength: number;
  readonly maxSequences: number;
  readonly batchSize: number;
  readonly maxRows: number;
  readonly cells = 0;
  readonly threads = { now: 0, most: 0 };
  readonly #rows: RowSource;
  readonly #sequences = new Set<RemoteSequence>();
  #isDisposed = false;

  constructor(model: LanguageModel, rows: RowSource, options: ContextOptions) {
    this.model = model;
    this.#rows = rows;
    this.contextLength = options.contextLength;
    this.maxSequences = options.maxSequences;
    this.batchSize = Infinity;
    this.maxRows = Math.min(options.maxRows, model.capabilities.rowsPerCall);
  }

  get freeSequences(): number {
    return this.maxSequences - this.#sequences.size;
  }

  createSequence(): Sequence {
    return this.#add([]);
  }

  async extend(extensions: readonly Extension[], signal?: AbortSignal): Promise<ExtensionRows[]> {
    this.#requireUsable();
    const own = extensions.map((extension) => this.#plan(extension));
    const prompts = own.flatMap((part) => part.prompts);
    if (prompts.length > this.maxRows) {
      throw new ContractError(`${prompts.length} rows were asked for, of ${this.maxRows} at most.`);
    }
    const rows = await this.#rows.rows(prompts, signal);
    signal?.throwIfAborted();
    this.#requireUsable();
    let next = 0;
    return own.map(({ sequence, tokens, prompts: asked }) => {
      sequence.tokens.push(...tokens);
      const given = rows.slice(next, (next += asked.length));
      return { rows: given, hiddenStates: [] };
    });
  }

  extendRow(
    tokens: readonly TokenId[],
    row: SparseRow,
    wanted: readonly TokenId[],
    signal?: AbortSignal,
  ): Promise<SparseRow | null> {
    this.#requireUsable();
    return this.#rows.extend(tokens, row, wanted, signal);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#sequences.clear();
  }

  #plan({ sequence, tokens, rows }: Extension) {
    if (!(sequence instanceof RemoteSequence) || !this.#sequences.has(sequence)) {
      throw new ContractError('The sequence is of another context, or was disposed of.');
    }
    const held = sequence.tokens.length;
    if (held + tokens.length > this.contextLength) {
      throw new ContextLengthError(
        `${held} tokens and ${tokens.length} more are too long for the context of ${this.contextLength}.`,
      );
    }
    const all = [...sequence.tokens, ...tokens];
    const first = rows === 'all' ? held + 1 : rows === 'last' ? all.length : all.length + 1;
    const ends = Array.from({ length: all.length - first + 1 }, (_, i) => first + i);
    return { sequence, tokens, prompts: ends.map((end) => all.slice(0, end)) };
  }

  #add(tokens: readonly TokenId[]): RemoteSequence {
    this.#requireUsable();
    if (this.freeSequences === 0) {
      throw new KvCacheFullError(
        `All ${this.maxSequences} sequences of ${this.model.name} are in use.`,
      );
    }
    const sequence = new RemoteSequence([...tokens], {
      fork: (held) => this.#add(held),
      release: (released) => this.#sequences.delete(released),
    });
    this.#sequences.add(sequence);
    return sequence;
  }

  #requireUsable(): void {
    if (!this.#isDisposed) return;
    throw new DisposedError(`The context of ${this.model.name} was disposed of.`);
  }
}

interface SequenceOwner {
  fork(tokens: readonly TokenId[]): RemoteSequence;
  release(sequence: RemoteSequence): void;
}

class RemoteSequence implements Sequence {
  readonly tokens: TokenId[];
  /** A server's model has no skills here. */
  readonly mixture = [];
  readonly #owner: SequenceOwner;

  constructor(tokens: TokenId[], owner: SequenceOwner) {
    this.tokens = tokens;
    this.#owner = owner;
  }

  get length(): number {
    return this.tokens.length;
  }

  truncate(length: number): void {
    this.tokens.length = Math.min(this.tokens.length, length);
  }

  fork(length: number = this.length): Sequence {
    return this.#owner.fork(this.tokens.slice(0, length));
  }

  [Symbol.dispose](): void {
    this.#owner.release(this);
  }
}
