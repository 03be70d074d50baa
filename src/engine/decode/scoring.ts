import { createComposition, type Composition } from '../../compose/index.ts';
import type { RowKernels } from '../../math/index.ts';
import { ContextLengthError } from '../../spec/index.ts';
import type { Logits, ScoredToken, ScoreResult, TokenId } from '../../spec/index.ts';
import { createDeferred } from '../../waiting/index.ts';
import type { KernelPool } from '../cache/kernel-pool.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import { scoreWindow } from '../load/settings.ts';
import type { ResolvedRequest } from '../request/request.ts';
import { TaskLanes } from './task-lanes.ts';
import type { StartOutcome, Task, TaskLane, TaskShare } from './task.ts';
import { withText } from './token-texts.ts';

export interface ScoringSettings {
  readonly request: ResolvedRequest;
  /** In the output's token ids. */
  readonly continuation: readonly TokenId[];
  readonly topLogprobs: number;
  readonly share: TaskShare;
  readonly signal: AbortSignal | undefined;
  readonly kernels: KernelPool;
}

/** Log-probs of given text: the continuation is fed in windows, each of whose positions is composed. */
export class Scoring implements Task {
  readonly signal: AbortSignal | undefined;
  readonly share: TaskShare;
  readonly isReady = true;
  readonly isDecoding = false;
  readonly isWaiting = false;
  /** Its windows are used as soon as they are known. */
  readonly canPark = true;
  readonly result: Promise<ScoreResult>;
  readonly #settings: ScoringSettings;
  readonly #lanes: TaskLanes;
  readonly #scores: ScoredToken[] = [];
  readonly #settling = createDeferred<ScoreResult>();
  #kernels: RowKernels | undefined;
  /** One per position of the window. */
  #compositions: readonly Composition[] = [];
  /** Positions of the window in work: the first one follows the prompt. */
  #window = 1;
  #isGreedy = true;
  #wasStarted = false;

  /** @throws ContextLengthError if prompt and continuation do not fit. */
  constructor(settings: ScoringSettings) {
    const { request, continuation, signal } = settings;
    for (const { name, model, prompt } of request.models) {
      const { contextLength } = model.context;
      if (prompt.length + continuation.length > contextLength) {
        throw new ContextLengthError(
          `The prompt has ${prompt.length} tokens and the continuation ${continuation.length}; ` +
            `the context of ${JSON.stringify(name)} holds ${contextLength}.`,
        );
      }
    }
    this.#settings = settings;
    this.signal = signal;
    this.share = settings.share;
    this.#lanes = new TaskLanes(request.models, settings.share.owner);
    this.result = this.#settling.promise;
  }

  get lanes(): readonly TaskLane[] {
    return this.#lanes.lanes;
  }

  get needs(): ReadonlyMap<LanePool, number> {
    return this.#lanes.needs;
  }

  start(): StartOutcome {
    const done = this.#scores.length;
    const outcome = this.#wasStarted
      ? this.#lanes.resume(this.#settings.continuation.slice(0, done))
      : this.#lanes.acquire();
    if (outcome !== 'started') return outcome;
    this.#wasStarted = true;
    this.#window = 1; // the row of the last token that is known
    const { request, kernels, continuation } = this.#settings;
    const { rowCount } = request.plan;
    const count = Math.min(scoreWindow, continuation.length);
    const rows = kernels.take(request.vocabulary.size, rowCount * count);
    this.#kernels = rows;
    this.#compositions = Array.from({ length: count }, (_, i) =>
      createComposition(request.plan, rows, i * rowCount),
    );
    this.#resetWindow();
    return outcome;
  }

  countForward(lane: TaskLane): void {
    this.#lanes.countForward(lane);
  }

  addRow({ models }: TaskLane, index: number, row: Logits): void {
    for (const model of models) this.#compositions[index]!.add(model, row);
  }

  advance(): boolean {
    const { continuation, request, topLogprobs } = this.#settings;
    const { vocabulary } = request;
    for (let i = 0; i < this.#window; i++) {
      const composition = this.#compositions[i]!;
      composition.finish();
      const tokenId = continuation[this.#scores.length]!;
      const best = composition.topLogprobs(Math.max(1, topLogprobs));
      if (best[0]!.tokenId !== tokenId) this.#isGreedy = false;
      const logprob = composition.logprob(tokenId);
      this.#scores.push({
        ...withText(vocabulary, { tokenId, logprob }),
        ...(topLogprobs > 0 && { topLogprobs: best.map((token) => withText(vocabulary, token)) }),
      });
    }
    const done = this.#scores.length;
    if (done === continuation.length) return this.#finish();
    this.#window = Math.min(scoreWindow, continuation.length - done);
    // Position `done` is predicted by the token before it.
    this.#lanes.feed(continuation.slice(done - 1, done - 1 + this.#window));
    this.#resetWindow();
    return false;
  }

  fail(error: unknown): void {
    this.#settling.reject(error);
  }

  park(): void {
    this.release();
  }

  release(): void {
    this.#lanes.release();
    if (this.#kernels !== undefined) this.#settings.kernels.giveBack(this.#kernels);
    this.#kernels = undefined;
  }

  #resetWindow(): void {
    const first = this.#settings.request.basePrompt.length + this.#scores.length;
    for (let i = 0; i < this.#window; i++) this.#compositions[i]!.reset(first + i);
  }

  #finish(): true {
    const logprob = this.#scores.reduce((sum, score) => sum + score.logprob, 0);
    this.#settling.resolve({ tokens: this.#scores, logprob, isGreedy: this.#isGreedy });
    return true;
  }
}
