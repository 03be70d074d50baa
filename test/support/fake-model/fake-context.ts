import {
  ContextLengthError,
  DisposedError,
  ContractError,
  KvCacheFullError,
  type ContextOptions,
  type Extension,
  type ExtensionRows,
  type Mixture,
  type ModelCapabilities,
  type ModelContext,
  type Row,
  type Sequence,
} from '../../../src/spec/index.ts';
import type { FakeModelOptions, FakePass, FakeWeights } from './fake-model-options.ts';
import { FakeSequence, type FakeCell, type FakeSequenceOwner } from './fake-sequence.ts';

/** An extension of a sequence that is known to belong to the context. */
interface OwnExtension extends Extension {
  readonly sequence: FakeSequence;
}

/** A context that computes rows from the tokens its sequences hold, and keeps every promise of `spec/model.ts`. */
export class FakeContext implements ModelContext, FakeSequenceOwner {
  readonly model: FakeWeights;
  readonly contextLength: number;
  readonly maxSequences: number;
  readonly batchSize: number;
  readonly maxRows: number;
  readonly cells: number;
  readonly options: ContextOptions;
  readonly sequences = new Set<FakeSequence>();
  /** Given out by the last `extend`: what is read from them afterwards is not a number. */
  #borrowed: Float32Array[] = [];
  #isExtending = false;
  #isDisposed = false;

  constructor(model: FakeWeights, options: ContextOptions) {
    this.model = model;
    this.options = options;
    this.contextLength = options.contextLength;
    this.maxSequences = options.maxSequences;
    this.batchSize = options.batchSize;
    const asked = options.hiddenStates === true ? options.batchSize : options.maxRows;
    this.maxRows = Math.min(asked, model.capabilities.rowsPerCall);
    const apart = options.contextLength * options.maxSequences;
    this.cells = options.unifiedCache === true ? (options.unifiedCells ?? apart) : apart;
  }

  get threads() {
    return { now: this.options.threads, most: this.options.threads };
  }

  get freeSequences(): number {
    return this.maxSequences - this.sequences.size;
  }

  createSequence(
    mixture: Mixture = (this.options.skills ?? []).map(() => 0),
    cells: readonly FakeCell[] = [],
  ): FakeSequence {
    this.requireUsable();
    if (mixture.length !== (this.options.skills ?? []).length) {
      throw new ContractError('The mixture is not of the skills.');
    }
    if (this.freeSequences === 0) {
      throw new KvCacheFullError(`All ${this.maxSequences} sequences are in use.`);
    }
    const sequence = new FakeSequence(this, mixture, cells);
    this.sequences.add(sequence);
    return sequence;
  }

  async extend(extensions: readonly Extension[], signal?: AbortSignal): Promise<ExtensionRows[]> {
    signal?.throwIfAborted();
    this.requireUsable();
    if (this.#isExtending) throw new ContractError('The context is decoding.');
    this.#isExtending = true;
    try {
      return await this.#extend(extensions);
    } finally {
      this.#isExtending = false;
    }
  }

  async saveSequence(sequence: Sequence): Promise<Uint8Array> {
    if (!isOwn(sequence, this.sequences)) throw new ContractError('It is of another context.');
    return Buffer.from(JSON.stringify(sequence.tokens));
  }

  async restoreSequence(state: Uint8Array, length: number, mixture?: Mixture): Promise<Sequence> {
    const tokens = JSON.parse(Buffer.from(state).toString()) as number[];
    if (tokens.length !== length)
      throw new ContractError(`${tokens.length} tokens, not ${length}.`);
    return this.createSequence(
      mixture,
      tokens.map((tokenId) => ({ tokenId })),
    );
  }

  get capabilities(): ModelCapabilities {
    return this.model.capabilities;
  }

  releaseSequence(sequence: FakeSequence): void {
    this.sequences.delete(sequence);
  }

  requireUsable(): void {
    if (!this.#isDisposed) return;
    throw new DisposedError(`The context of ${this.model.name} was disposed of.`);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.model.forget(this);
    this.#takeBack();
  }

  async #extend(extensions: readonly Extension[]): Promise<ExtensionRows[]> {
    const own = extensions.map((extension) => this.#own(extension));
    const pass = this.#describe(own);
    this.#check(own, pass);
    this.#takeBack();
    this.model.passes.push(pass);
    await this.model.options.onPass?.(pass);
    this.requireUsable();
    return own.map((extension) => this.#append(extension));
  }

  #own(extension: Extension): OwnExtension {
    const { sequence } = extension;
    if (isOwn(sequence, this.sequences)) return { ...extension, sequence };
    throw new ContractError('It is of another context, or was disposed of.');
  }

  #describe(extensions: readonly OwnExtension[]): FakePass {
    const parts = extensions.map(({ sequence, tokens, rows }) => ({
      held: sequence.length,
      tokens: [...tokens],
      rows,
    }));
    const tokens = parts.reduce((sum, part) => sum + part.tokens.length, 0);
    const rows = parts.reduce((sum, part) => sum + countRows(part), 0);
    return { model: this.model.name, tokens, rows, parts };
  }

  /** What llama.cpp would abort on is refused, as `LlamaContext` does. */
  #check(extensions: readonly OwnExtension[], { tokens, rows, parts }: FakePass): void {
    const refuse = (what: string) => new ContractError(what);
    if (new Set(extensions.map(({ sequence }) => sequence)).size < extensions.length) {
      throw refuse('A sequence appears twice.');
    }
    if (new Set(extensions.map(({ sequence }) => sequence.mixture.join())).size > 1) {
      throw refuse('Sequences of different mixtures in one pass.');
    }
    if (tokens > this.batchSize) throw refuse(`${tokens} tokens, of ${this.batchSize} at most.`);
    if (rows > this.maxRows) throw refuse(`${rows} rows, of ${this.maxRows} at most.`);
    const { size } = this.model.vocabulary;
    for (const { held, tokens: own } of parts) {
      const unknown = own.find((id) => !(Number.isInteger(id) && id >= 0 && id < size));
      if (unknown !== undefined) throw refuse(`There is no token ${unknown}.`);
      if (held + own.length > this.contextLength) {
        throw new ContextLengthError(`${held} tokens, ${own.length} more and no room.`);
      }
    }
    if (this.options.unifiedCache !== true) return; // each has its own
    const used = new Set([...this.sequences].flatMap(({ cells }) => cells)).size;
    if (used + tokens > this.cells) throw new KvCacheFullError(`No cells for ${tokens} tokens.`);
  }

  #append({ sequence, tokens, rows }: OwnExtension): ExtensionRows {
    const first = sequence.length;
    sequence.append(tokens);
    const held = sequence.tokens;
    const ends = tokens.map((_, i) => first + i + 1);
    const wanted = rows === 'all' ? ends : rows === 'last' ? ends.slice(-1) : [];
    const { logits, hiddenState } = this.model.options;
    const { vocabulary, embeddingLength } = this.model;
    const { mixture } = sequence;
    const valuesOf = (length: number, find?: FakeModelOptions['logits']) =>
      wanted.map((end) => this.#lend(length, find?.(held.slice(0, end), mixture)));
    const dense = valuesOf(vocabulary.size, logits);
    const keepsStates = this.options.hiddenStates === true;
    return {
      rows: this.capabilities.rows === 'dense' ? dense : dense.map(toSparse),
      hiddenStates: keepsStates ? valuesOf(embeddingLength, hiddenState) : [],
    };
  }

  #lend(length: number, values: ArrayLike<number> = []): Float32Array {
    const row = new Float32Array(length);
    row.set(values);
    this.#borrowed.push(row);
    return row;
  }

  #takeBack(): void {
    for (const row of this.#borrowed) row.fill(NaN);
    this.#borrowed = [];
  }
}

function isOwn(sequence: Sequence, own: ReadonlySet<Sequence>): sequence is FakeSequence {
  return own.has(sequence);
}

function countRows({ rows, tokens }: FakePass['parts'][number]): number {
  if (rows === 'none') return 0;
  return rows === 'all' ? tokens.length : Math.min(1, tokens.length);
}

/** Tokens that a sparse row tells of. */
const toldTokens = 4;

/** The best tokens, the best first. */
function toSparse(logits: Float32Array): Row {
  const logZ = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const ids = Int32Array.from(logits.keys()).toSorted((a, b) => logits[b]! - logits[a]! || a - b);
  const tokenIds = ids.slice(0, toldTokens);
  const logprobs = Float32Array.from(tokenIds, (tokenId) => logits[tokenId]! - logZ);
  const restMass = 1 - logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0);
  const restLogprob = Math.min(logprobs.at(-1)!, Math.log(restMass));
  return { tokenIds, logprobs, restMass, restLogprob };
}
