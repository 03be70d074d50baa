import { createComposition, type Composition } from '../../compose/index.ts';
import type { RowKernels } from '../../math/index.ts';
import { createTextStream, type TextStream } from '../../prompt/index.ts';
import { createSampler, type ResolvedSampling, type Sampler } from '../../sampling/index.ts';
import type {
  ConstraintState,
  FinishReason,
  GeneratedToken,
  GenerationChunk,
  GenerationResult,
  KlBudget,
  Logits,
  TokenId,
} from '../../spec/index.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { createDeferred } from '../../waiting/index.ts';
import type { KernelPool } from '../cache/kernel-pool.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import type { MaskPreparer } from './mask-preparer.ts';
import type { ResolvedRequest } from '../request/request.ts';
import type { RewardPlan, StartedRewards } from '../reward/reward-plan.ts';
import { SegmentSearch } from './segment-search.ts';
import { TaskLanes } from './task-lanes.ts';
import type { StartOutcome, Task, TaskLane, TaskShare } from './task.ts';
import { TokenChooser, type ChooserRows } from './token-chooser.ts';
import { spellToken, toTrace, withText } from './token-texts.ts';

export interface GenerationSettings {
  readonly request: ResolvedRequest;
  readonly sampling: ResolvedSampling;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly maxTokens: number;
  /** Before so many, no end token is chosen and no stop string is looked for. */
  readonly minTokens: number;
  /** Base's token ids that end the answer. */
  readonly endOfGeneration: ReadonlySet<TokenId>;
  readonly constraint: ConstraintState | null;
  /** `null` where no reward guides or reports. */
  readonly rewards: RewardPlan | null;
  readonly klBudget: KlBudget | null;
  readonly logprobs: boolean;
  readonly topLogprobs: number;
  readonly trace: boolean;
  readonly share: TaskShare;
  readonly signal: AbortSignal;
  readonly kernels: KernelPool;
  readonly masks: MaskPreparer;
  /** Milliseconds, from any origin. */
  readonly now: () => number;
  /** Tells the scheduler to go on: a reader has caught up, or a reward has answered. */
  readonly wake: () => void;
}

/** How an answer ended: by a token of its own, or otherwise. */
interface Ending {
  readonly reason: FinishReason;
  readonly token: TokenId | null;
}

const stopped: Ending = { reason: 'stop', token: null };

/** One answer in the making: the order of operations of `docs/adr/0002-order-of-operations.md`. */
export class Generation implements Task {
  readonly signal: AbortSignal;
  readonly share: TaskShare;
  readonly chunks: ChunkQueue<GenerationChunk>;
  readonly result: Promise<GenerationResult>;
  readonly #settings: GenerationSettings;
  readonly #lanes: TaskLanes;
  readonly #sampler: Sampler;
  readonly #text: TextStream;
  readonly #tokens: GeneratedToken[] = [];
  readonly #submittedAt: number;
  readonly #settling = createDeferred<GenerationResult>();
  readonly #segments: SegmentSearch | null;
  /** Tokens whose text has been given out. */
  #emitted = 0;
  #parts = '';
  #kernels: RowKernels | undefined;
  #composition: Composition | undefined;
  #rewards: StartedRewards | null = null;
  #chooser: TokenChooser | undefined;
  /** Tokens that the constraint has forced and that are still to be taken. */
  #forced: TokenId[] = [];
  /** What to do once the rows, and what else was waited for, are there. */
  #next: () => boolean = () => this.#prepare();
  #isWaiting = false;
  /** Whether nothing is known of the position but what comes with its rows. */
  #awaitsRows = false;
  #startedAt = 0;
  #firstTokenAt = 0;

  constructor(settings: GenerationSettings) {
    const { request, sampling, seed, stop, signal, now, rewards } = settings;
    this.#settings = settings;
    this.signal = signal;
    this.share = settings.share;
    this.#lanes = new TaskLanes(request.models, settings.share.owner);
    this.#text = createTextStream({ stop });
    this.#sampler = createSampler({
      sampling,
      vocabSize: request.vocabulary.size,
      promptTokens: request.basePrompt,
      seed,
    });
    this.#segments =
      rewards?.guidance.method === 'segments' ? new SegmentSearch(rewards.guidance, seed) : null;
    this.chunks = new ChunkQueue(settings.wake);
    this.result = this.#settling.promise;
    this.result.catch(() => {}); // a reader of the chunks learns of the error there
    this.#submittedAt = now();
  }

  get isReady(): boolean {
    return !this.chunks.isFull;
  }

  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  get isDecoding(): boolean {
    return this.#tokens.length > 0;
  }

  get lanes(): readonly TaskLane[] {
    return this.#lanes.lanes;
  }

  get needs(): ReadonlyMap<LanePool, number> {
    return this.#lanes.needs;
  }

  get canPark(): boolean {
    return this.#awaitsRows;
  }

  start(): StartOutcome {
    const isFirst = this.#chooser === undefined;
    const outcome = isFirst
      ? this.#lanes.acquire()
      : this.#lanes.resume(this.#tokens.map(({ tokenId }) => tokenId));
    if (outcome !== 'started') return outcome;
    const rows = this.#takeRows();
    if (isFirst) this.#begin(rows);
    else {
      this.#chooser!.moveTo(rows);
      this.#rewards?.resume(rows.kernels, this.#settings.request.plan.rowCount);
    }
    this.#awaitRows();
    return outcome;
  }

  park(): void {
    this.#rewards?.rewards.park();
    this.#giveBack();
  }

  #takeRows(): ChooserRows {
    const { request, kernels, rewards } = this.#settings;
    const { plan, vocabulary } = request;
    this.#kernels = kernels.take(vocabulary.size, plan.rowCount + (rewards?.rowCount ?? 0));
    this.#composition = createComposition(plan, this.#kernels);
    return { kernels: this.#kernels, composition: this.#composition };
  }

  #begin(rows: ChooserRows): void {
    const { request, now, rewards, constraint, klBudget, signal } = this.#settings;
    this.#startedAt = now();
    this.#rewards = rewards?.start(rows.kernels, request.plan.rowCount) ?? null;
    this.#chooser = new TokenChooser(
      {
        sampler: this.#sampler,
        constraint,
        rewards: this.#rewards?.rewards ?? null,
        candidates: rewards?.candidates ?? 0,
        klBudget,
        minTokens: this.#settings.minTokens,
        endTokens: this.#settings.endOfGeneration,
        signal,
      },
      rows,
    );
  }

  /** The lanes have been asked for the rows of the next position. */
  #awaitRows(): void {
    this.#composition!.reset(this.#settings.request.basePrompt.length + this.#tokens.length);
    this.#rewards?.resetRows();
    this.#awaitsRows = true;
  }

  countForward(lane: TaskLane): void {
    this.#lanes.countForward(lane);
  }

  addRow({ models }: TaskLane, _index: number, row: Logits): void {
    const { request } = this.#settings;
    for (const model of models) {
      if (request.plan.models.includes(model)) this.#composition!.add(model, row);
      this.#rewards?.addRow(model, row, request.basePrompt.length + this.#tokens.length);
    }
  }

  advance(): boolean {
    this.#awaitsRows = false;
    return this.#next();
  }

  fail(error: unknown): void {
    this.#settling.reject(error);
    this.chunks.fail(error);
  }

  release(): void {
    this.#rewards?.rewards[Symbol.dispose]();
    this.#giveBack();
  }

  #giveBack(): void {
    this.#lanes.release();
    if (this.#kernels !== undefined) this.#settings.kernels.giveBack(this.#kernels);
    this.#kernels = undefined;
    this.#composition = undefined;
  }

  /** Tokens that may still be chosen. */
  get #budget(): number {
    const length = this.#tokens.length;
    const rest = this.#settings.maxTokens - length;
    // A lane needs no place for the last token: nothing follows it.
    return Math.min(
      rest,
      this.#lanes.roomAfter(length) + 1,
      this.#rewards?.roomAfter(length) ?? rest,
    );
  }

  #prepare(): boolean {
    if (this.#forced.length > 0) {
      this.#chooser!.prepareForced();
      return this.#take(this.#forced.shift()!);
    }
    const { constraint, masks, signal } = this.#settings;
    const preparing = constraint && masks.prepare(constraint, this.#budget, signal);
    return preparing ? this.#wait(preparing, () => this.#prepareChoice()) : this.#prepareChoice();
  }

  #prepareChoice(): boolean {
    const waiting = this.#chooser!.prepare(this.#budget);
    if (waiting !== undefined) return this.#wait(waiting, () => this.#continue());
    return this.#continue();
  }

  /** Ends the segment before the next token if it is its time. */
  #continue(): boolean {
    const length = this.#tokens.length;
    if (this.#segments?.isOver(length, () => this.#chooser!.entropy()) === true) {
      return this.#judge(null, () => this.#choose());
    }
    return this.#choose();
  }

  #choose(): boolean {
    const { endOfGeneration } = this.#settings;
    const tokenId = this.#chooser!.choose(this.#segments?.attempt);
    if (endOfGeneration.has(tokenId)) {
      this.#markFirst();
      return this.#end({ reason: 'stop', token: tokenId });
    }
    return this.#take(tokenId);
  }

  /** Takes a token that is chosen or forced. */
  #take(tokenId: TokenId): boolean {
    this.#markFirst();
    const token = this.#describe(tokenId);
    this.#chooser!.accept([tokenId]);
    this.#tokens.push(token);
    const fed = [tokenId, ...this.#skipForced()];
    if (this.#segments === null && this.#emit()) return this.#report(stopped);
    if (this.#settings.constraint?.mustEnd === true) return this.#end(stopped);
    if (this.#budget <= 0) return this.#end({ reason: 'length', token: null });
    return this.#decode(() => this.#lanes.feed(fed, fed.length > 1 ? 'last' : 'all'));
  }

  #markFirst(): void {
    if (this.#tokens.length === 0) this.#firstTokenAt = this.#settings.now();
  }

  /**
   * Takes what the constraint leaves no choice about, all at once. Where somebody wants the rows in
   * between, the same tokens are taken one by one.
   */
  #skipForced(): readonly TokenId[] {
    const { constraint, logprobs } = this.#settings;
    if (constraint === null || this.#forced.length > 0) return [];
    const forced = constraint.forced(this.#budget);
    if (logprobs || this.#rewards?.needsEveryRow === true) {
      this.#forced = [...forced];
      return [];
    }
    this.#chooser!.accept(forced);
    for (const tokenId of forced) this.#tokens.push(this.#describe(tokenId));
    return forced;
  }

  #end(ending: Ending): boolean {
    if (this.#segments !== null) return this.#judge(ending, () => this.#report(ending));
    return this.#report(ending);
  }

  /** Keeps the segment in work and goes on, or goes back to its beginning. */
  #judge(ending: Ending | null, goOn: () => boolean): boolean {
    const { rewards } = this.#rewards!;
    const segments = this.#segments!;
    const judging = rewards.total(ending?.token ?? null, this.signal);
    return this.#wait(judging, (total) => {
      if (!segments.judge(this.#tokens.length, total)) return this.#rewind(segments.start);
      return this.#emit() ? this.#report(stopped) : goOn();
    });
  }

  #rewind(length: number): boolean {
    this.#chooser!.truncate(length);
    this.#tokens.length = length;
    this.#forced = [];
    return this.#decode(() => this.#lanes.rewind(length));
  }

  #decode(feed: () => void): false {
    feed();
    this.#awaitRows();
    this.#next = () => this.#prepare();
    return false;
  }

  /** Asks the rewards about the whole answer, if anybody wants to know. */
  #report({ reason, token }: Ending): boolean {
    if (this.#rewards === null) return this.#finish(reason);
    const reporting = this.#rewards.rewards.report(token, this.signal);
    return this.#wait(reporting, (values) => this.#finish(reason, values));
  }

  /** Goes on with `use` in the tick after the value has come. */
  #wait<Value>(promise: Promise<Value>, use: (value: Value) => boolean): false {
    this.#isWaiting = true;
    const goOn = (step: () => boolean) => {
      this.#next = step;
      this.#isWaiting = false;
      this.#settings.wake();
    };
    promise.then(
      (value) => goOn(() => use(value)),
      (error: unknown) =>
        goOn(() => {
          throw error;
        }),
    );
    return false;
  }

  /** Gives out the text of the tokens that are settled. @returns Whether a stop string ended it. */
  #emit(): boolean {
    const { vocabulary } = this.#settings.request;
    while (this.#emitted < this.#tokens.length) {
      const token = this.#tokens[this.#emitted++]!;
      const isHeld = this.#emitted <= this.#settings.minTokens;
      const text = this.#text.push(vocabulary.piece(token.tokenId), !isHeld);
      this.#parts += text;
      this.chunks.push({ text, tokens: [token] });
      if (this.#text.stopString === undefined) continue;
      this.#chooser!.truncate(this.#emitted);
      this.#tokens.length = this.#emitted;
      return true;
    }
    return false;
  }

  #describe(tokenId: TokenId): GeneratedToken {
    const { logprobs, topLogprobs, trace, request } = this.#settings;
    const { vocabulary } = request;
    const composition = this.#composition!;
    const named = (token: { tokenId: TokenId; logprob: number }) => withText(vocabulary, token);
    return {
      tokenId,
      ...spellToken(vocabulary, tokenId),
      ...(logprobs && { logprob: composition.logprob(tokenId) }),
      ...(topLogprobs > 0 && { topLogprobs: composition.topLogprobs(topLogprobs).map(named) }),
      ...(trace && {
        trace: toTrace(
          vocabulary,
          composition.explain(tokenId, topLogprobs),
          this.#chooser!.sharesOf(tokenId),
        ),
      }),
    };
  }

  #finish(finishReason: FinishReason, rewards: Readonly<Record<string, number>> = {}): true {
    const { request, seed, now, klBudget } = this.#settings;
    const { warnings = [] } = this.#settings.rewards ?? {};
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
      ...(this.#rewards !== null && { rewards }),
      ...(warnings.length > 0 && { warnings }),
      ...(klBudget !== null && { kl: this.#chooser!.kl }),
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
