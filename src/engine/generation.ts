import { createComposition, type Composition } from '../compose/index.ts';
import type { RowKernels } from '../math/index.ts';
import { createTextStream, type TextStream } from '../prompt/index.ts';
import { createSampler, type ResolvedSampling, type Sampler } from '../sampling/index.ts';
import type {
  FinishReason,
  GeneratedToken,
  GenerationChunk,
  GenerationResult,
  Logits,
  TokenId,
} from '../spec/index.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { createDeferred } from './deferred.ts';
import type { KernelPool } from './kernel-pool.ts';
import type { LanePool } from './lane-pool.ts';
import type { ResolvedRequest } from './request.ts';
import { TaskLanes } from './task-lanes.ts';
import type { StartOutcome, Task, TaskLane } from './task.ts';
import { toTrace, tokenText, withText } from './token-texts.ts';

export interface GenerationSettings {
  readonly request: ResolvedRequest;
  readonly sampling: ResolvedSampling;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly maxTokens: number;
  /** Base's token ids that end the answer. */
  readonly endOfGeneration: ReadonlySet<TokenId>;
  readonly logprobs: boolean;
  readonly topLogprobs: number;
  readonly trace: boolean;
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly kernels: KernelPool;
  /** Milliseconds, from any origin. */
  readonly now: () => number;
  /** Tells the scheduler that a reader has caught up. */
  readonly onDrain: () => void;
}

/** One answer in the making: the order of operations of `docs/adr/0002-order-of-operations.md`. */
export class Generation implements Task {
  readonly signal: AbortSignal;
  readonly chunks: ChunkQueue<GenerationChunk>;
  readonly result: Promise<GenerationResult>;
  readonly #settings: GenerationSettings;
  readonly #lanes: TaskLanes;
  readonly #sampler: Sampler;
  readonly #text: TextStream;
  readonly #tokens: GeneratedToken[] = [];
  readonly #submittedAt: number;
  readonly #settling = createDeferred<GenerationResult>();
  #parts = '';
  #kernels: RowKernels | undefined;
  #composition: Composition | undefined;
  #startedAt = 0;
  #firstTokenAt = 0;

  constructor(settings: GenerationSettings) {
    const { request, sampling, seed, stop, signal, now } = settings;
    this.#settings = settings;
    this.signal = signal;
    this.#lanes = new TaskLanes(request.models, settings.owner);
    this.#text = createTextStream({ stop });
    this.#sampler = createSampler({
      sampling,
      vocabSize: request.vocabulary.size,
      promptTokens: request.basePrompt,
      seed,
    });
    this.chunks = new ChunkQueue(settings.onDrain);
    this.result = this.#settling.promise;
    this.result.catch(() => {}); // a reader of the chunks learns of the error there
    this.#submittedAt = now();
  }

  get isReady(): boolean {
    return !this.chunks.isFull;
  }

  get isDecoding(): boolean {
    return this.#tokens.length > 0;
  }

  get lanes(): readonly TaskLane[] {
    return this.#lanes.lanes;
  }

  get pools(): readonly LanePool[] {
    return this.#lanes.pools;
  }

  start(): StartOutcome {
    const outcome = this.#lanes.acquire();
    if (outcome !== 'started') return outcome;
    const { request, kernels, now } = this.#settings;
    this.#startedAt = now();
    this.#kernels = kernels.take(request.vocabulary.size, request.plan.rowCount);
    this.#composition = createComposition(request.plan, this.#kernels);
    this.#composition.reset(request.basePrompt.length);
    return outcome;
  }

  countForward(lane: TaskLane): void {
    this.#lanes.countForward(lane);
  }

  addRow({ models }: TaskLane, _index: number, row: Logits): void {
    for (const model of models) this.#composition!.add(model, row);
  }

  advance(): boolean {
    const { request, endOfGeneration, maxTokens, now } = this.#settings;
    const kernels = this.#kernels!;
    const composition = this.#composition!;
    const row = composition.finish();
    this.#sampler.adjust(kernels, row);
    const tokenId = this.#sampler.choose(kernels, row);
    this.#sampler.accept(tokenId);
    if (this.#tokens.length === 0) this.#firstTokenAt = now();
    if (endOfGeneration.has(tokenId)) return this.#finish('stop');
    this.#emit(tokenId);
    if (this.#text.stopString !== undefined) return this.#finish('stop');
    const isFull = this.lanes.some(
      ({ lane }) => lane.tokens.length >= lane.pool.context.contextLength,
    );
    if (this.#tokens.length >= maxTokens || isFull) return this.#finish('length');
    this.#lanes.feed([tokenId]);
    composition.reset(request.basePrompt.length + this.#tokens.length);
    return false;
  }

  fail(error: unknown): void {
    this.#settling.reject(error);
    this.chunks.fail(error);
  }

  release(): void {
    this.#lanes.release();
    if (this.#kernels !== undefined) this.#settings.kernels.giveBack(this.#kernels);
    this.#kernels = undefined;
    this.#composition = undefined;
  }

  #emit(tokenId: TokenId): void {
    const token = this.#describe(tokenId);
    const text = this.#text.push(this.#settings.request.vocabulary.piece(tokenId));
    this.#tokens.push(token);
    this.#parts += text;
    this.chunks.push({ text, tokens: [token] });
  }

  #describe(tokenId: TokenId): GeneratedToken {
    const { logprobs, topLogprobs, trace, request } = this.#settings;
    const { vocabulary } = request;
    const composition = this.#composition!;
    const named = (token: { tokenId: TokenId; logprob: number }) => withText(vocabulary, token);
    return {
      tokenId,
      text: tokenText(vocabulary, tokenId),
      ...(logprobs && { logprob: composition.logprob(tokenId) }),
      ...(topLogprobs > 0 && { topLogprobs: composition.topLogprobs(topLogprobs).map(named) }),
      ...(trace && { trace: toTrace(vocabulary, composition.explain(tokenId, topLogprobs)) }),
    };
  }

  #finish(finishReason: FinishReason): true {
    const { request, seed, now } = this.#settings;
    const rest = this.#text.end();
    if (rest !== '') {
      this.#parts += rest;
      this.chunks.push({ text: rest, tokens: [] });
    }
    const { stopString } = this.#text;
    const endedAt = now();
    const decodeMs = endedAt - this.#firstTokenAt;
    const count = this.#tokens.length;
    this.#settling.resolve({
      text: this.#parts,
      tokens: this.#tokens,
      finishReason,
      ...(stopString !== undefined && { stopString }),
      seed,
      usage: {
        promptTokens: request.basePrompt.length,
        completionTokens: count,
        models: this.#lanes.usage,
      },
      timings: {
        queuedMs: this.#startedAt - this.#submittedAt,
        prefillMs: this.#firstTokenAt - this.#startedAt,
        decodeMs,
        tokensPerSecond: count > 1 && decodeMs > 0 ? ((count - 1) * 1000) / decodeMs : 0,
      },
    });
    this.chunks.close();
    return true;
  }
}
