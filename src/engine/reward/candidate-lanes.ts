import type { Continuations, TokenId } from '../../spec/index.ts';
import { createDeferred, onAbort, type Deferred } from '../../waiting/index.ts';
import type { ComputedRow, Lane, LaneUser, TaskShare } from '../cache/lane.ts';
import type { LanePool } from '../cache/lane-pool.ts';

/** Takes the hidden state `[embeddingLength]` of the last token of a continuation; borrowed. */
export type TakeHiddenState = (hiddenState: Float32Array, continuation: number) => void;

/** Continuations on their way through the model. */
interface Run {
  readonly continuations: Continuations;
  readonly take: TakeHiddenState;
  readonly settling: Deferred<void>;
  /** A lane per continuation that has been begun. */
  readonly lanes: Lane[];
  /** Continuations whose hidden state is known. */
  done: number;
}

/** A continuation that was run, and the lane that holds it. */
interface Kept {
  readonly continuation: readonly TokenId[];
  readonly lane: Lane;
}

/**
 * One answer under a scalar reward model, and the candidates for its continuation. Every candidate is a lane
 * forked from the answer's own, in a unified cache: k one-token candidates cost k tokens and copy nothing.
 * The candidate that is accepted becomes the answer's lane: it is not computed again.
 */
export class CandidateLanes implements LaneUser, Disposable {
  readonly share: TaskShare;
  readonly isReady = true;
  /** They share the room of a batch with the answers that are still being read. */
  readonly isDecoding = false;
  readonly #pool: LanePool;
  readonly #prompt: readonly TokenId[];
  readonly #accepted: TokenId[] = [];
  /** Holds the prompt and what was accepted; `undefined` while parked. */
  #lane: Lane | undefined;
  #run: Run | undefined;
  /** What was run since the last token was accepted: any of it may be accepted. */
  #kept: Kept[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** @param prompt - In the model's token ids. @throws KvCacheFullError */
  constructor(pool: LanePool, prompt: readonly TokenId[], share: TaskShare) {
    this.#pool = pool;
    this.#prompt = prompt;
    this.share = share;
    this.resume();
  }

  /**
   * Runs the model over the accepted tokens followed by each continuation; one call at a time. Its lanes are kept
   * beside those of the calls before, until something is accepted. Rejects with the error of a decode, or the signal's
   * reason.
   */
  async run(
    continuations: Continuations,
    take: TakeHiddenState,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (continuations.length === 0) return;
    signal.throwIfAborted();
    const settling = createDeferred<void>();
    this.#run = { continuations, take, settling, lanes: [], done: 0 };
    const stay = onAbort(signal, (reason) => {
      this.#endRun();
      settling.reject(reason);
    });
    this.#pool.waiting.add(this.#begin);
    this.#pool.wake();
    try {
      await settling.promise;
    } finally {
      stay();
    }
  }

  accept(tokens: readonly TokenId[]): void {
    const kept = this.#kept.find(
      ({ continuation, lane }) => lane.user === this && isEqual(continuation, tokens),
    );
    this.#accepted.push(...tokens);
    if (kept !== undefined && this.#isWhole) {
      const { lane } = kept;
      this.#pool.discard(this.#lane!);
      this.#lane = lane;
      lane.isSpare = false;
      this.#dropKept();
    } else {
      this.#ask();
    }
  }

  /** Keeps the first `length` accepted tokens. @throws TruncateError */
  truncate(length: number): void {
    this.#accepted.length = length;
    this.#ask();
  }

  /** Gives its lanes to others; nothing may be under way. */
  park(): void {
    this[Symbol.dispose]();
  }

  /** Computes again what it gave up. @throws KvCacheFullError */
  resume(): void {
    this.#lane = this.#pool.acquire([...this.#prompt, ...this.#accepted], this);
    this.#ask();
    this.#pool.wake();
  }

  onDecoded(): void {}

  take(lane: Lane, _index: number, { hiddenState }: ComputedRow): void {
    const run = this.#run!;
    run.take(hiddenState!, run.lanes.indexOf(lane));
    run.done++;
    lane.isSpare = true;
    if (run.done < run.continuations.length) return;
    for (const [i, each] of run.lanes.entries()) {
      this.#kept.push({ continuation: run.continuations[i]!, lane: each });
    }
    this.#run = undefined;
    run.settling.resolve();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    const run = this.#run;
    this.#endRun();
    run?.settling.reject(error);
  }

  [Symbol.dispose](): void {
    this.#endRun();
    this.#dropKept();
    if (this.#lane !== undefined) this.#pool.discard(this.#lane);
    this.#lane = undefined;
  }

  /** Whether its lane holds all that was accepted. */
  get #isWhole(): boolean {
    return this.#lane!.pending.length === 0;
  }

  /** Asks for what its lane lacks; no row of it is wanted. */
  #ask(): void {
    this.#dropKept();
    const { length } = this.#prompt;
    this.#lane!.ask(length + this.#accepted.length, (held) =>
      held < length
        ? [...this.#prompt.slice(held), ...this.#accepted]
        : this.#accepted.slice(held - length),
    );
  }

  /** Forks a lane for each continuation that has none, as far as there is room. */
  readonly #begin = (): void => {
    const run = this.#run!;
    if (!this.#isWhole) return;
    while (run.lanes.length < run.continuations.length) {
      const lane = this.#pool.fork(this.#lane!, this);
      if (lane === undefined) return;
      const continuation = run.continuations[run.lanes.length]!;
      lane.ask(lane.tokens.length + continuation.length - 1, () => continuation);
      run.lanes.push(lane);
    }
    this.#pool.waiting.delete(this.#begin);
  };

  #endRun(): void {
    this.#pool.waiting.delete(this.#begin);
    for (const lane of this.#run?.lanes ?? []) this.#pool.discard(lane);
    this.#run = undefined;
  }

  #dropKept(): void {
    for (const { lane } of this.#kept) if (lane !== this.#lane) this.#pool.discard(lane);
    this.#kept = [];
  }
}

function isEqual(a: readonly TokenId[], b: readonly TokenId[]): boolean {
  return a.length === b.length && a.every((tokenId, i) => tokenId === b[i]);
}
