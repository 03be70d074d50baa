import type { Mixture, Priority, Row, Sequence, TokenId } from '../../spec/index.ts';

/** Among whom the engine's room is shared: people before background work, then owners, then an owner's requests. */
export interface TaskShare {
  readonly owner: string;
  /** The same for all answers of one request. */
  readonly request: unknown;
  readonly priority: Priority;
}

/** What a model gives for one token; borrowed until the next decode of its context. */
export interface ComputedRow {
  readonly row: Row;
  /** `[embeddingLength]`, where the context keeps hidden states. */
  readonly hiddenState: Float32Array | undefined;
}

/** Whom a lane works for. */
export interface LaneUser {
  readonly share: TaskShare;
  /** Whether it can take rows now; `false` while its reader is far behind. */
  readonly isReady: boolean;
  /** Whether it is past its prompt: its lanes go before those of users still reading theirs. */
  readonly isDecoding: boolean;
  /** Whether it drafts: others wait with what they draft, so that all of it is checked in one pass. */
  readonly isDrafting?: boolean;
  /** Told that a decode has brought `lane` nearer to what it was asked for. */
  onDecoded(lane: Lane): void;
  /** Takes a row; `index` counts those the lane was asked for. */
  take(lane: Lane, index: number, row: ComputedRow): void;
  /** Told that a decode its lane took part in, or a row, failed: it can compute no more. */
  fail(error: unknown): void;
}

/** One sequence of a context, the tokens in its cache, and what it has been asked to compute. */
export class Lane {
  readonly sequence: Sequence;
  /** Tokens in the cache, in order. */
  readonly tokens: TokenId[];
  /** Whose cells the first of its tokens are, too: those of the lane it was forked from, in a unified cache. */
  readonly sharedLength: number;
  /** `null` while nobody uses it: what it holds may be found by a prompt, and dropped for another. */
  user: LaneUser | null = null;
  /** Whether its user keeps it in case, and can do without. */
  isSpare = false;
  /** Whose tokens it holds: nobody else's prompt may find them. */
  owner = '';
  lastUse = 0;
  /** Ends what is under way for it, where it is computed by calls of its own. */
  flight: AbortController | undefined;
  #pending: readonly TokenId[] = [];
  #rowsFrom = 0;
  #rowsDelivered = 0;

  constructor(sequence: Sequence, tokens: TokenId[] = [], sharedLength = 0) {
    this.sequence = sequence;
    this.tokens = tokens;
    this.sharedLength = sharedLength;
  }

  /** What its tokens are computed with: no prompt under another mixture may find them. */
  get mixture(): Mixture {
    return this.sequence.mixture;
  }

  /** Tokens still to be decoded, in order. */
  get pending(): readonly TokenId[] {
    return this.#pending;
  }

  /** Index in `pending` of the first token whose row is wanted. */
  get rowsFrom(): number {
    return this.#rowsFrom;
  }

  /** Rows delivered of those wanted. */
  get rowsDelivered(): number {
    return this.#rowsDelivered;
  }

  /**
   * Asks for a text of which it holds the beginning, with a row of each token from index `rowsFrom` on.
   * What it holds beyond that is dropped: a token whose row is wanted is computed again.
   * @param after - The tokens of the text after the first `held`.
   * @throws TruncateError if the model cannot drop a tail.
   */
  ask(rowsFrom: number, after: (held: number) => readonly TokenId[]): void {
    const held = Math.min(this.tokens.length, rowsFrom);
    this.truncate(held);
    this.#pending = after(held);
    this.#rowsFrom = rowsFrom - held;
    this.#rowsDelivered = 0;
  }

  /** Records that the first `count` pending tokens were decoded. */
  advance(count: number): void {
    for (let i = 0; i < count; i++) this.tokens.push(this.#pending[i]!);
    this.#pending = this.#pending.slice(count);
    this.#rowsDelivered += Math.max(0, count - this.#rowsFrom);
    this.#rowsFrom = Math.max(0, this.#rowsFrom - count);
  }

  /** Keeps the first `length` tokens and forgets what was asked. @throws TruncateError */
  truncate(length: number): void {
    this.#pending = [];
    this.flight?.abort();
    this.flight = undefined;
    if (length === this.tokens.length) return;
    this.sequence.truncate(length);
    this.tokens.length = length;
  }
}
