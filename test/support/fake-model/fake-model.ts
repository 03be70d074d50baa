import { checkContextOptions } from '../../../src/llama/context-options.ts';
import {
  DisposedError,
  type ContextOptions,
  type ModelCapabilities,
  type Vocabulary,
} from '../../../src/spec/index.ts';
import { byteVocabulary } from '../byte-vocabulary.ts';
import { FakeContext } from './fake-context.ts';
import type { FakeModelOptions, FakePass, FakeWeights } from './fake-model-options.ts';

const ableToDoAll: ModelCapabilities = {
  rows: 'dense',
  rowsPerCall: Infinity,
  forks: true,
  truncates: true,
  hiddenStates: true,
  exact: true,
};

/** A language model of chosen logits, without native code. Adapters change nothing. */
export class FakeModel implements FakeWeights {
  readonly name: string;
  readonly vocabulary: Vocabulary;
  readonly trainedContextLength: number;
  readonly weightBytes: number;
  readonly embeddingLength: number;
  readonly chatTemplate: string | null;
  readonly metadata: ReadonlyMap<string, string> = new Map();
  readonly options: FakeModelOptions;
  readonly capabilities: ModelCapabilities;
  readonly passes: FakePass[] = [];
  /** Not disposed of yet. */
  readonly contexts = new Set<FakeContext>();
  #isDisposed = false;

  constructor(name: string, options: FakeModelOptions = {}) {
    this.name = name;
    this.options = options;
    this.capabilities = { ...ableToDoAll, ...options.capabilities };
    this.vocabulary = options.vocabulary ?? byteVocabulary();
    this.trainedContextLength = options.trainedContextLength ?? 4096;
    this.weightBytes = options.weightBytes ?? 2 ** 20;
    this.embeddingLength = options.embeddingLength ?? 4;
    this.chatTemplate = options.chatTemplate ?? null;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Tokens of all forward passes. */
  get computedTokens(): number {
    return this.passes.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  async createContext(options: ContextOptions): Promise<FakeContext> {
    if (this.#isDisposed) throw new DisposedError(`The model ${this.name} was disposed of.`);
    checkContextOptions(this, options);
    const context = new FakeContext(this, options);
    this.contexts.add(context);
    return context;
  }

  forget(context: FakeContext): void {
    this.contexts.delete(context);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const context of this.contexts) context[Symbol.dispose]();
  }
}
