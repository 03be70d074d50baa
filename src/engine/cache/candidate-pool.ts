import type {
  Continuations,
  Extension,
  ModelContext,
  Sequence,
  TokenId,
} from '../../spec/index.ts';
import { createDeferred, type Deferred } from '../../waiting/index.ts';

/** Takes the hidden state `[embeddingLength]` of the last token of a continuation; borrowed. */
export type TakeHiddenState = (hiddenState: Float32Array, continuation: number) => void;

/** One set of continuations on their way through the model. */
interface Request {
  readonly session: CandidateSession;
  readonly continuations: Continuations;
  readonly take: TakeHiddenState;
  readonly settling: Deferred<void>;
  /** A fork per continuation that has been begun; `null` once it was given up for its place. */
  readonly forks: (Sequence | null)[];
  /** Continuations whose hidden state is known. */
  done: number;
}

/** A part of a batch: tokens of one sequence, and what to do with their hidden states. */
interface Part extends Extension {
  readonly session: CandidateSession;
  deliver(hiddenState: Float32Array | undefined): void;
}

/**
 * The context of a scalar reward model. Every candidate is a fork of one shared prefix that holds the
 * prefix's cells and its own tokens', so that k one-token candidates cost k tokens and copy nothing.
 * The candidate that is accepted becomes the prefix: it is not computed again.
 */
export class CandidatePool {
  readonly context: ModelContext;
  readonly #sessions = new Set<CandidateSession>();
  readonly #requests: Request[] = [];
  readonly #wake: () => void;

  /** @param wake - Tells the scheduler that there is something to decode. */
  constructor(context: ModelContext, wake: () => void) {
    this.context = context;
    this.#wake = wake;
  }

  /** Cells of the cache that hold tokens. */
  get cellsUsed(): number {
    return [...this.#sessions].reduce((sum, { cachedLength }) => sum + cachedLength, 0);
  }

  /** Begins an answer to `prompt`, in the token ids of this model. @throws KvCacheFullError */
  start(prompt: readonly TokenId[]): CandidateSession {
    const session = new CandidateSession(this, prompt);
    this.adopt(session);
    return session;
  }

  /** @internal */
  submit(
    session: CandidateSession,
    continuations: Continuations,
    take: TakeHiddenState,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const settling = createDeferred<void>();
    const request = { session, continuations, take, settling, forks: [], done: 0 };
    this.#requests.push(request);
    const drop = () => {
      this.#drop(request);
      settling.reject(signal.reason);
    };
    signal.addEventListener('abort', drop, { once: true });
    this.#wake();
    return settling.promise.finally(() => signal.removeEventListener('abort', drop));
  }

  /** @internal A sequence for the prefix of an answer. @throws KvCacheFullError */
  createSequence(): Sequence {
    this.#makeRoom();
    return this.context.createSequence();
  }

  /** @internal Computes for a session (again). */
  adopt(session: CandidateSession): void {
    this.#sessions.add(session);
    this.#wake();
  }

  /** @internal */
  forget(session: CandidateSession): void {
    this.#sessions.delete(session);
    for (const request of this.#requests.filter((each) => each.session === session)) {
      this.#drop(request);
    }
  }

  /**
   * One decode: what prefixes lack, then candidates of prefixes that are whole.
   * @returns How many tokens it decoded; 0 if there was nothing to do.
   */
  async decodeNext(): Promise<number> {
    const parts = this.#planParts();
    if (parts.length === 0) return 0;
    try {
      const results = await this.context.extend(parts);
      for (const [i, part] of parts.entries()) part.deliver(results[i]!.hiddenStates.at(-1));
    } catch (error) {
      // Nothing was appended; whose fault it is cannot be told, so all who took part are told.
      for (const session of new Set(parts.map((each) => each.session))) session.fail(error);
      for (const request of this.#requests.filter(({ session }) => session.failure !== undefined)) {
        this.#drop(request);
        request.settling.reject(error);
      }
    }
    for (const request of this.#requests.filter(isDone)) {
      this.#requests.splice(this.#requests.indexOf(request), 1);
      request.session.keep(request.continuations, request.forks);
      request.settling.resolve();
    }
    return parts.reduce((sum, { tokens }) => sum + tokens.length, 0);
  }

  #planParts(): Part[] {
    const parts: Part[] = [];
    let room = this.context.batchSize;
    let rowRoom = this.context.maxRows;
    const whole = new Set<CandidateSession>();
    for (const session of this.#sessions) {
      if (session.failure !== undefined) continue;
      if (session.pending.length === 0) whole.add(session);
      else if (room > 0) {
        const tokens = session.pending.slice(0, room);
        room -= tokens.length;
        const deliver = () => session.advance(tokens.length);
        parts.push({ session, sequence: session.sequence, tokens, rows: 'none', deliver });
      }
    }
    for (const request of this.#requests) {
      if (!whole.has(request.session)) continue;
      for (const index of this.#begun(request)) {
        if (room === 0 || rowRoom === 0) return parts;
        const fork = request.forks[index]!;
        const rest = request.continuations[index]!.slice(fed(request.session, fork));
        const tokens = rest.slice(0, room);
        room -= tokens.length;
        rowRoom--;
        const isLast = tokens.length === rest.length;
        const deliver = (hiddenState: Float32Array | undefined) => {
          if (!isLast) return;
          request.take(hiddenState!, index);
          request.done++;
        };
        const rows = isLast ? 'last' : 'none';
        parts.push({ session: request.session, sequence: fork, tokens, rows, deliver });
      }
    }
    return parts;
  }

  /** Indices of the continuations to be computed now, with a fork each, as far as there is room. */
  *#begun(request: Request): Generator<number> {
    const { session, continuations, forks } = request;
    for (let index = 0; index < continuations.length; index++) {
      const begun = forks[index];
      if (begun !== undefined) {
        const isOpen = begun !== null && fed(session, begun) < continuations[index]!.length;
        if (isOpen) yield index;
        continue;
      }
      if (!this.#makeRoom()) return;
      forks[index] = session.sequence.fork();
      yield index;
    }
  }

  /** Gives up forks that are only kept in case they are accepted, until a sequence is free. */
  #makeRoom(): boolean {
    for (const session of this.#sessions) {
      if (this.context.freeSequences > 0) return true;
      session.dropForks();
    }
    for (const { session, continuations, forks } of this.#requests) {
      for (const [index, fork] of forks.entries()) {
        if (this.context.freeSequences > 0) return true;
        if (fork == null || fed(session, fork) < continuations[index]!.length) continue;
        fork[Symbol.dispose]();
        forks[index] = null;
      }
    }
    return this.context.freeSequences > 0;
  }

  #drop(request: Request): void {
    const index = this.#requests.indexOf(request);
    if (index === -1) return;
    this.#requests.splice(index, 1);
    for (const fork of request.forks) fork?.[Symbol.dispose]();
  }
}

/** One answer in a {@link CandidatePool}: its prefix in the cache, and the candidates after it. */
export class CandidateSession implements Disposable {
  /** Holds the prefix. */
  sequence: Sequence;
  /** Tokens of the prefix that are not in the cache yet. */
  pending: readonly TokenId[];
  /** What ended it, if a decode failed. */
  failure: unknown;
  readonly #pool: CandidatePool;
  readonly #prompt: readonly TokenId[];
  readonly #accepted: TokenId[] = [];
  /** What was scored last, and the forks that hold it. */
  #kept: { readonly continuations: Continuations; readonly forks: readonly (Sequence | null)[] } = {
    continuations: [],
    forks: [],
  };

  constructor(pool: CandidatePool, prompt: readonly TokenId[]) {
    this.#pool = pool;
    this.pending = prompt;
    this.#prompt = prompt;
    this.sequence = pool.createSequence();
  }

  /** Tokens accepted. */
  get length(): number {
    return this.#accepted.length;
  }

  get cachedLength(): number {
    return this.sequence.length;
  }

  /** Whether `count` more tokens still fit. */
  hasRoom(count: number): boolean {
    const { contextLength } = this.#pool.context;
    return this.cachedLength + this.pending.length + count <= contextLength;
  }

  /** Runs the model over the accepted tokens followed by each continuation. */
  async run(
    continuations: Continuations,
    take: TakeHiddenState,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (continuations.length === 0) return;
    this.dropForks();
    await this.#pool.submit(this, continuations, take, signal);
  }

  accept(tokens: readonly TokenId[]): void {
    const { continuations, forks } = this.#kept;
    const index = continuations.findIndex((candidate) => isEqual(candidate, tokens));
    const fork = forks[index];
    if (fork != null && this.pending.length === 0) {
      this.sequence[Symbol.dispose]();
      this.sequence = fork;
      this.#kept = { continuations: [], forks: forks.filter((other) => other !== fork) };
    } else {
      this.pending = [...this.pending, ...tokens];
    }
    this.dropForks();
    this.#accepted.push(...tokens);
  }

  truncate(length: number): void {
    this.dropForks();
    const dropped = this.#accepted.length - length;
    const rest = this.pending.length - dropped;
    this.pending = rest > 0 ? this.pending.slice(0, rest) : [];
    if (rest < 0) this.sequence.truncate(this.#prompt.length + length);
    this.#accepted.length = length;
  }

  /** @internal Records that the first `count` pending tokens are in the cache. */
  advance(count: number): void {
    this.pending = this.pending.slice(count);
  }

  /** @internal A decode it took part in failed: it can score no more. */
  fail(error: unknown): void {
    this.failure = error;
  }

  /** @internal Keeps scored forks in case one of them is accepted. */
  keep(continuations: Continuations, forks: readonly (Sequence | null)[]): void {
    this.#kept = { continuations, forks };
  }

  /** @internal */
  dropForks(): void {
    for (const fork of this.#kept.forks) fork?.[Symbol.dispose]();
    this.#kept = { continuations: [], forks: [] };
  }

  /** Gives its places in the cache to others; nothing may be under way. */
  park(): void {
    this[Symbol.dispose]();
  }

  /** Computes again what it gave up. @throws KvCacheFullError */
  resume(): void {
    this.sequence = this.#pool.createSequence();
    this.pending = [...this.#prompt, ...this.#accepted];
    this.#pool.adopt(this);
  }

  [Symbol.dispose](): void {
    this.dropForks();
    this.#pool.forget(this);
    this.sequence[Symbol.dispose]();
  }
}

function isDone({ done, continuations }: Request): boolean {
  return done === continuations.length;
}

/** Tokens of its continuation that a fork holds. */
function fed(session: CandidateSession, fork: Sequence): number {
  return fork.length - session.sequence.length;
}

function isEqual(a: readonly TokenId[], b: readonly TokenId[]): boolean {
  return a.length === b.length && a.every((tokenId, i) => tokenId === b[i]);
}
