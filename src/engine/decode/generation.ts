import { createSampler, type ResolvedSampling } from '../../sampling/index.ts';
import type {
  ConstraintState,
  FinishReason,
  GeneratedToken,
  GenerationChunk,
  CallSyntax,
  GenerationResult,
  KlBudget,
  TokenId,
} from '../../spec/index.ts';
import { createDeferred } from '../../waiting/index.ts';
import type { KernelPool } from '../cache/kernel-pool.ts';
import type { TaskShare } from '../cache/lane.ts';
import { hasSparseBase, type ResolvedRequest } from '../request/request.ts';
import type { RewardPlan, StartedRewards } from '../reward/reward-plan.ts';
import { Acceptances } from './acceptances.ts';
import { AnswerWriter } from './answer-writer.ts';
import type { ChunkQueue } from './chunk-queue.ts';
import type { OnToken } from './chosen-token.ts';
import { Copies } from './copies.ts';
import { Course, rows, valueOf, type Steps } from './course.ts';
import { Drafting, type DraftStart, type Speculation } from './draft.ts';
import type { MaskPreparer } from './mask-preparer.ts';
import { SegmentSearch } from './segment-search.ts';
import { TaskLanes, type StartOutcome } from './task-lanes.ts';
import type { Task } from './task.ts';
import { TokenChooser } from './token-chooser.ts';
import { spellToken, toTrace, withText } from './token-texts.ts';
import { Window } from './window.ts';

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
  /** `null` where the answer calls no tools. */
  readonly calls: CallSyntax | null;
  /** `null` where no reward guides or reports. */
  readonly rewards: RewardPlan | null;
  readonly klBudget: KlBudget | null;
  /** What to tell of how it was asked. */
  readonly warnings: readonly string[];
  readonly logprobs: boolean;
  readonly topLogprobs: number;
  readonly allLogprobs: boolean;
  readonly trace: boolean;
  /** Called once, when the lanes hold the prompt and nothing else. */
  readonly onPromptRead?: ((lanes: TaskLanes) => Promise<void>) | undefined;
  /** Told of each token with its rows; needs a plan with `keepRows`. */
  readonly onToken?: OnToken | undefined;
  /** Which of the request's answers it is. */
  readonly answer: number;
  readonly share: TaskShare;
  readonly signal: AbortSignal;
  /** `null` where nothing is drafted. */
  readonly speculation: Speculation | null;
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
const outOfRoom: Ending = { reason: 'length', token: null };

/** Positions of tokens that are known whose rows are computed at once, where somebody wants them. */
const knownPositions = 4;

/** One answer in the making: `#write` is the order of operations of `docs/adr/0002-order-of-operations.md`. */
export class Generation implements Task {
  readonly signal: AbortSignal;
  readonly share: TaskShare;
  readonly lanes: TaskLanes;
  readonly result: Promise<GenerationResult>;
  readonly #settings: GenerationSettings;
  readonly #answer: AnswerWriter;
  readonly #window: Window;
  readonly #course: Course;
  readonly #segments: SegmentSearch | null;
  readonly #settling = createDeferred<GenerationResult>();
  readonly #submittedAt: number;
  #rewards: StartedRewards | null = null;
  #chooser: TokenChooser | undefined;
  #drafting: Drafting | null = null;
  /** Tokens that the constraint has forced and that are still to be taken, each at its position. */
  #forced: TokenId[] = [];
  #startedAt = 0;
  #firstTokenAt = 0;

  constructor(settings: GenerationSettings) {
    const { request, rewards, seed, stop, minTokens, wake, now } = settings;
    this.#settings = settings;
    this.signal = settings.signal;
    this.share = settings.share;
    this.#answer = new AnswerWriter({
      vocabulary: request.vocabulary,
      stop,
      minTokens,
      saysControls: settings.constraint !== null,
      calls: settings.calls,
      onDrain: wake,
    });
    this.#window = new Window({
      plan: request.plan,
      vocabSize: request.vocabulary.size,
      ownRows: ownRows(settings),
      promptLength: request.basePrompt.length,
      capacity: Math.max(
        this.#wantsKnownRows ? knownPositions : 1,
        1 + (settings.speculation?.most ?? 0),
      ),
      kernels: settings.kernels,
    });
    this.lanes = new TaskLanes(request.models, this, this.#window);
    this.#segments =
      rewards?.guidance.method === 'segments' ? new SegmentSearch(rewards.guidance, seed) : null;
    this.#course = new Course(this.#steps(), wake);
    this.result = this.#settling.promise;
    this.result.catch(() => {}); // a reader of the chunks learns of the error there
    this.#submittedAt = now();
  }

  get chunks(): ChunkQueue<GenerationChunk> {
    return this.#answer.chunks;
  }

  get isReady(): boolean {
    return !this.chunks.isFull;
  }

  get isWaiting(): boolean {
    return this.#course.isWaiting;
  }

  get isDecoding(): boolean {
    return this.#answer.length > 0;
  }

  get isDrafting(): boolean {
    return this.#drafting?.isAtWork === true;
  }

  get canPark(): boolean {
    return this.#course.isAtRows && !this.isDrafting;
  }

  start(): StartOutcome {
    const outcome = this.lanes.acquire(this.#answer.tokenIds);
    if (outcome !== 'started') return outcome;
    if (this.#chooser === undefined) {
      this.#startedAt = this.#settings.now();
      this.#chooser = this.#createChooser();
      this.#drafting = this.#createDrafting(this.#chooser);
      this.#course.advance();
    } else {
      this.#rewards?.rewards.resume();
      this.#askRows();
    }
    return outcome;
  }

  park(): void {
    this.#rewards?.rewards.park();
    this.#giveBack();
  }

  advance(): boolean {
    return this.#course.advance();
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
    this.lanes.release();
    this.#window.close();
  }

  #createChooser(): TokenChooser {
    const { request, sampling, seed, rewards, constraint, klBudget } = this.#settings;
    const { speculation } = this.#settings;
    const window = this.#window;
    this.#rewards = rewards?.start((model) => window.ownRow(model), this.share) ?? null;
    const sampler = createSampler({
      sampling,
      vocabSize: request.vocabulary.size,
      promptTokens: request.basePrompt,
      seed,
    });
    return new TokenChooser({
      window,
      sampler,
      constraint,
      rewards: this.#rewards?.rewards ?? null,
      candidates: rewards?.candidates ?? 0,
      offersEnd: rewards?.judgesEnds === true,
      readsDistribution: speculation?.coupling === 'maximal',
      klBudget,
      topLogprobs: this.#settings.topLogprobs,
      extendRow: (row, wanted) =>
        this.lanes.extendRow(request.plan.base, this.#answer.tokenIds, row, {
          wanted,
          signal: this.signal,
        }),
      minTokens: this.#settings.minTokens,
      endTokens: this.#settings.endOfGeneration,
      signal: this.signal,
    });
  }

  #createDrafting(chooser: TokenChooser): Drafting | null {
    const { request, speculation, constraint, masks, endOfGeneration } = this.#settings;
    if (speculation === null) return null;
    const { models, length, coupling } = speculation;
    return new Drafting({
      models,
      length,
      coupling,
      acceptances: new Acceptances(speculation.acceptances),
      copies: speculation.copies ? new Copies(request.basePrompt, speculation.prepared) : null,
      lanes: this.lanes,
      window: this.#window,
      chooser,
      constraint,
      masks,
      endTokens: endOfGeneration,
      signal: this.signal,
    });
  }

  *#steps(): Steps {
    const { onPromptRead } = this.#settings;
    if (onPromptRead !== undefined) {
      yield* this.#rowsOfPosition();
      yield* valueOf(onPromptRead(this.lanes));
    }
    const ending = yield* this.#write();
    const values = yield* valueOf(this.#rewards?.rewards.report(ending.token, this.signal) ?? {});
    this.#finish(ending.reason, values);
  }

  /** Each turn is one position, or one segment given up. The numbers are those of the order of operations. */
  *#write(): Steps<Ending> {
    const { constraint, masks, endOfGeneration } = this.#settings;
    const chooser = this.#chooser!;
    for (;;) {
      yield* this.#rowsOfPosition(); // 1: every model's logits
      let tokenId = this.#forced.shift();
      if (tokenId === undefined) {
        if (constraint !== null) {
          yield* valueOf(masks.prepare(constraint, this.#budget, this.signal));
        }
        yield* chooser.prepare(this.#budget, this.#segments?.attempt); // 2 to 5: formula, penalties, mask, rewards
        if (this.#segments?.isOver(this.#answer.length, () => chooser.entropy()) === true) {
          const judged = yield* this.#judge(null);
          if (judged === 'rejected') continue;
          if (judged === 'stopped') return stopped;
        }
        // 6 to 8: temperature, filters, draw
        tokenId = chooser.choose(this.#segments?.attempt, this.#drafting?.coupled);
        this.#drafting?.watch(tokenId, this.#draftStart);
      } else {
        yield* chooser.learn(tokenId);
      }
      if (!this.isDecoding) this.#firstTokenAt = this.#settings.now();
      this.#tell(tokenId);
      const ending = endOfGeneration.has(tokenId)
        ? { reason: 'stop' as const, token: tokenId }
        : this.#take(tokenId); // 9: accept in every stateful part
      if (ending === null) continue;
      const judged = yield* this.#judge(ending);
      if (judged === 'rejected') continue;
      return judged === 'stopped' ? stopped : ending;
    }
  }

  #tell(tokenId: TokenId): void {
    const { onToken, answer, request } = this.#settings;
    if (onToken === undefined) return;
    const { composition } = this.#window;
    const position = request.basePrompt.length + this.#answer.length;
    onToken({
      position,
      tokenId,
      answer,
      rows: composition.modelRows(),
      composed: composition.composedRow(),
    });
  }

  /** Makes the next token's position the current one, once its rows are there. */
  *#rowsOfPosition(): Steps {
    const { length } = this.#answer;
    const window = this.#window;
    if (!window.holds(length)) {
      window.open(length);
      if (this.#drafting !== null && this.isDecoding) {
        yield* this.#drafting.draft(this.#draftStart);
      }
      this.#askRows();
      yield rows;
    }
    window.goTo(length);
  }

  get #draftStart(): DraftStart {
    return {
      answer: this.#answer.tokenIds,
      known: this.#known,
      budget: this.#budget,
      attempt: this.#segments?.attempt ?? 0,
    };
  }

  /** Tokens that follow whatever the models say, as many as the window can hold. */
  get #known(): readonly TokenId[] {
    return this.#forced.slice(0, this.#window.capacity - 1);
  }

  /** Asks for the rows of the next position, and of those after it whose tokens are known or supposed. */
  #askRows(): void {
    const { tokenIds, length } = this.#answer;
    const window = this.#window;
    const supposed = this.#drafting?.tokens ?? [];
    const next = supposed.length === 0 ? this.#known : supposed;
    if (!window.holds(length)) window.open(length);
    window.reach(1 + next.length);
    const tokens = next.length === 0 ? tokenIds : [...tokenIds, ...next];
    this.lanes.want(tokens, ([model]) => length + window.rowsOf(model!));
  }

  /** Takes a token that is chosen or forced, and what the constraint then forces. @returns How it ends. */
  #take(tokenId: TokenId): Ending | null {
    const { constraint } = this.#settings;
    this.#accept([tokenId]);
    if (constraint !== null && this.#forced.length === 0) {
      const forced = constraint.forced(this.#budget);
      if (this.#wantsKnownRows) this.#forced = [...forced];
      else this.#accept(forced);
    }
    if (this.#segments === null && this.#isStopped()) return stopped;
    if (constraint?.mustEnd === true) return stopped;
    return this.#budget <= 0 ? outOfRoom : null;
  }

  #accept(tokenIds: readonly TokenId[]): void {
    const tokens = tokenIds.map((tokenId) => this.#describe(tokenId));
    this.#chooser!.accept(tokenIds);
    for (const token of tokens) this.#answer.push(token);
    if (this.#drafting === null) return;
    for (const [i, tokenId] of tokenIds.entries()) {
      if (this.#drafting.accept(tokenId) !== 'refuted') continue;
      // What lanes and the window hold from here on belongs to another token.
      const position = this.#answer.length - tokenIds.length + i;
      this.lanes.truncate(position);
      this.#window.truncate(position + 1);
    }
  }

  /** Whether somebody wants the rows of positions whose tokens the constraint leaves no choice about. */
  get #wantsKnownRows(): boolean {
    const { constraint, logprobs, rewards } = this.#settings;
    return constraint !== null && (logprobs || (rewards !== null && rewards.rowModels.size > 0));
  }

  /** Tokens that may still be chosen. */
  get #budget(): number {
    const { length } = this.#answer;
    const rest = this.#settings.maxTokens - length;
    // A lane needs no place for the last token: nothing follows it.
    return Math.min(
      rest,
      this.lanes.roomAfter(length) + 1,
      this.#rewards?.roomAfter(length) ?? rest,
    );
  }

  /** Keeps the segment in work, or goes back to its beginning; what is kept may hold a stop string. */
  *#judge(ending: Ending | null): Steps<'kept' | 'rejected' | 'stopped'> {
    const segments = this.#segments;
    if (segments === null) return 'kept';
    const { rewards } = this.#rewards!;
    const total = yield* valueOf(rewards.total(ending?.token ?? null, this.signal));
    if (segments.judge(this.#answer.length, total)) return this.#isStopped() ? 'stopped' : 'kept';
    this.#drafting?.drop(this.#answer.length - segments.start);
    this.#chooser!.truncate(segments.start);
    this.#answer.truncate(segments.start);
    this.#forced = [];
    this.#window.close();
    return 'rejected';
  }

  /** Gives out the text of the tokens that are settled. @returns Whether a stop string ended it. */
  #isStopped(): boolean {
    const length = this.#answer.settle();
    if (length === undefined) return false;
    this.#chooser!.truncate(length);
    this.#answer.truncate(length);
    return true;
  }

  #describe(tokenId: TokenId): GeneratedToken {
    const { logprobs, topLogprobs, allLogprobs, trace, request } = this.#settings;
    const { vocabulary } = request;
    const { composition } = this.#window;
    const named = (token: { tokenId: TokenId; logprob: number }) => withText(vocabulary, token);
    return {
      tokenId,
      ...spellToken(vocabulary, tokenId),
      ...(logprobs && { logprob: composition.logprob(tokenId) }),
      ...(topLogprobs > 0 && { topLogprobs: composition.topLogprobs(topLogprobs).map(named) }),
      ...(allLogprobs && { allLogprobs: composition.allLogprobs() }),
      ...(trace && {
        trace: toTrace(
          vocabulary,
          composition.explain(tokenId, topLogprobs),
          this.#chooser!.sharesOf(tokenId),
          {
            draftedBy: this.#drafting?.drafterOf(tokenId),
            totalVariation: hasSparseBase(request) ? this.#chooser!.totalVariation : undefined,
          },
        ),
      }),
    };
  }

  #finish(finishReason: FinishReason, rewards: Readonly<Record<string, number>>): void {
    const { request, seed, now, klBudget, warnings, calls } = this.#settings;
    this.#answer.end();
    const { text, tokens, stopString } = this.#answer;
    const decodeMs = now() - this.#firstTokenAt;
    const count = tokens.length;
    const drafts = this.#drafting?.usage;
    const rewarded = this.#rewards?.rewards.usage ?? {};
    this.#settling.resolve({
      text,
      ...(calls !== null && { calls }),
      tokens,
      // The rest of a character that never came may be the end of one.
      finishReason: stopString === undefined ? finishReason : 'stop',
      ...(stopString !== undefined && { stopString }),
      seed,
      ...(this.#rewards !== null && { rewards }),
      ...(warnings.length > 0 && { warnings }),
      ...(klBudget !== null && { kl: this.#chooser!.kl }),
      ...(request.plan.schedule !== null && { steeredTokens: this.#chooser!.steeredTokens }),
      ...(hasSparseBase(request) && { certificate: this.#chooser!.certificate }),
      usage: {
        promptTokens: request.basePrompt.length,
        completionTokens: count,
        models: this.lanes.usage,
        ...(drafts !== undefined && { drafts }),
        ...(Object.keys(rewarded).length > 0 && { rewards: rewarded }),
      },
      timings: {
        queuedMs: this.#startedAt - this.#submittedAt,
        prefillMs: this.#firstTokenAt - this.#startedAt,
        decodeMs,
        tokensPerSecond: count > 1 && decodeMs > 0 ? ((count - 1) * 1000) / decodeMs : 0,
      },
    });
    this.chunks.close();
  }
}

/** The models whose rows are read by themselves: by rewards, or to draft, where they are in no composition. */
function ownRows({ request, rewards, speculation }: GenerationSettings) {
  const own = new Map(rewards?.rowModels);
  for (const { name, model } of request.models) {
    const isDrafter = speculation?.models.includes(name) === true;
    if (isDrafter && !request.plan.models.includes(name)) own.set(name, model.alignment);
  }
  return own;
}
