import type {
  LanguageModel,
  Mixture,
  ModelCapabilities,
  RowSelection,
  TokenId,
  Vocabulary,
} from '../../../src/spec/index.ts';

/** One sequence's part in a forward pass. */
interface FakePart {
  /** Tokens that its sequence held before. */
  readonly held: number;
  readonly tokens: readonly TokenId[];
  readonly rows: RowSelection;
}

/** One call of `extend`: the work that a real model would have done. */
export interface FakePass {
  readonly model: string;
  /** Over all parts. */
  readonly tokens: number;
  readonly rows: number;
  readonly parts: readonly FakePart[];
}

export interface FakeModelOptions {
  /** 256 bytes, an end and a control token by default. */
  readonly vocabulary?: Vocabulary;
  /** Next-token logits after `tokens`, shape `[vocabSize]`; all 0 by default. */
  readonly logits?: (tokens: readonly TokenId[], mixture: Mixture) => ArrayLike<number>;
  /** Hidden state after `tokens`, shape `[embeddingLength]`; all 0 by default. */
  readonly hiddenState?: (tokens: readonly TokenId[]) => ArrayLike<number>;
  /** 4 by default. */
  readonly embeddingLength?: number;
  /** 4096 by default. */
  readonly trainedContextLength?: number;
  readonly weightBytes?: number;
  readonly chatTemplate?: string;
  /** What it cannot do; by default, it can do all, with dense rows. Sparse ones tell its best tokens. */
  readonly capabilities?: Partial<ModelCapabilities>;
  /**
   * Called before each forward pass, which appends nothing if it throws. What a pass costs is decided
   * here: wait, or set a clock forward that the engine reads (`EngineOptions.now`).
   */
  readonly onPass?: (pass: FakePass) => void | Promise<void>;
}

/** A fake model, as its contexts need it. */
export interface FakeWeights extends LanguageModel {
  readonly options: FakeModelOptions;
  /** All forward passes of all contexts, in order; those that failed too. */
  readonly passes: FakePass[];
  /** @param context - That was disposed of. */
  forget(context: Disposable): void;
}
