import { ContextLengthError } from '../../spec/index.ts';
import type { ScoredToken, ScoreResult, TokenId } from '../../spec/index.ts';
import { createDeferred } from '../../waiting/index.ts';
import type { KernelPool } from '../cache/kernel-pool.ts';
import type { TaskShare } from '../cache/lane.ts';
import { scoreWindow } from '../load/settings.ts';
import type { ResolvedRequest } from '../request/request.ts';
import { Course, rows, type Steps } from './course.ts';
import { TaskLanes, type StartOutcome } from './task-lanes.ts';
import type { Task } from './task.ts';
import { withText } from './token-texts.ts';
import { Window } from './window.ts';

export interface ScoringSettings {
  readonly request: ResolvedRequest;
  /** In the output's token ids. */
  readonly continuation: readonly TokenId[];
  readonly topLogprobs: number;
  readonly allLogprobs: boolean;
  readonly share: TaskShare;
  readonly signal: AbortSignal | undefined;
  readonly kernels: KernelPool;
}

/** Log-probs of given text: every position of a window is composed, and its token looked up. */
export class Scoring implements Task {
  readonly signal: AbortSignal | undefined;
  readonly share: TaskShare;
  readonly lanes: TaskLanes;
  readonly isReady = true;
  readonly isDecoding = false;
  readonly isWaiting = false;
  readonly result: Promise<ScoreResult>;
  readonly #settings: ScoringSettings;
  readonly #window: Window;
  readonly #course: Course;
  readonly #scores: ScoredToken[] = [];
  readonly #settling = createDeferred<ScoreResult>();
  #isGreedy = true;
  #wasStarted = false;

  /** @throws ContextLengthError if prompt and continuation do not fit. */
  constructor(settings: ScoringSettings) {
    const { request, continuation, signal, share, kernels } = settings;
    requireRoom(settings);
    this.#settings = settings;
    this.signal = signal;
    this.share = share;
    this.#window = new Window({
      plan: request.plan,
      vocabSize: request.vocabulary.size,
      promptLength: request.basePrompt.length,
      capacity: Math.min(scoreWindow, continuation.length),
      kernels,
    });
    this.lanes = new TaskLanes(request.models, this, this.#window);
    this.#course = new Course(this.#steps(), () => {});
    this.result = this.#settling.promise;
  }

  /** Its windows are used as soon as they are known. */
  get canPark(): boolean {
    return this.#course.isAtRows;
  }

  start(): StartOutcome {
    const known = this.#settings.continuation.slice(0, this.#scores.length);
    const outcome = this.lanes.acquire(known);
    if (outcome !== 'started') return outcome;
    if (this.#wasStarted) this.#askRows();
    else this.#course.advance();
    this.#wasStarted = true;
    return outcome;
  }

  advance(): boolean {
    return this.#course.advance();
  }

  fail(error: unknown): void {
    this.#settling.reject(error);
  }

  park(): void {
    this.release();
  }

  release(): void {
    this.lanes.release();
    this.#window.close();
  }

  *#steps(): Steps {
    const { length } = this.#settings.continuation;
    while (this.#scores.length < length) {
      this.#askRows();
      yield rows;
      while (this.#window.holds(this.#scores.length)) this.#score();
    }
    const logprob = this.#scores.reduce((sum, score) => sum + score.logprob, 0);
    this.#settling.resolve({ tokens: this.#scores, logprob, isGreedy: this.#isGreedy });
  }

  /** Asks for the next position, or after the first one for as many as there is room for. */
  #askRows(): void {
    const { continuation } = this.#settings;
    const done = this.#scores.length;
    const count = done === 0 ? 1 : Math.min(this.#window.capacity, continuation.length - done);
    this.#window.open(done);
    this.#window.reach(count);
    this.lanes.want(continuation.slice(0, done + count - 1), () => done);
  }

  #score(): void {
    const { continuation, request, topLogprobs, allLogprobs } = this.#settings;
    const { vocabulary } = request;
    const tokenId = continuation[this.#scores.length]!;
    this.#window.goTo(this.#scores.length);
    const { composition } = this.#window;
    composition.finish();
    const best = composition.topLogprobs(Math.max(1, topLogprobs));
    if (best[0]!.tokenId !== tokenId) this.#isGreedy = false;
    this.#scores.push({
      ...withText(vocabulary, { tokenId, logprob: composition.logprob(tokenId) }),
      ...(topLogprobs > 0 && { topLogprobs: best.map((token) => withText(vocabulary, token)) }),
      ...(allLogprobs && { allLogprobs: composition.allLogprobs() }),
    });
  }
}

/** @throws ContextLengthError */
function requireRoom({ request, continuation }: ScoringSettings): void {
  for (const { name, model, prompt } of request.models) {
    const { contextLength } = model.context;
    if (prompt.length + continuation.length <= contextLength) continue;
    throw new ContextLengthError(
      `The prompt has ${prompt.length} tokens and the continuation ${continuation.length}; ` +
        `the context of ${JSON.stringify(name)} holds ${contextLength}.`,
    );
  }
}
