import { KvCacheFullError, TruncateError } from '../../spec/index.ts';
import type { ModelContext, Sequence, TokenId } from '../../spec/index.ts';

/** Shared tokens below which copying another lane's cache costs more than computing them. */
const minForkTokens = 32;

/** One sequence of a context and the tokens in its cache. */
export class Lane {
  readonly pool: LanePool;
  sequence: Sequence;
  /** Tokens in the cache, in order. */
  readonly tokens: TokenId[] = [];
  /** Tokens still to be decoded, in order. */
  pending: readonly TokenId[] = [];
  /** Index in `pending` of the first token whose row of logits is wanted. */
  rowsFrom = 0;
  /** Rows delivered of those wanted. */
  rowsDelivered = 0;
  inUse = false;
  /** Whose tokens it holds: nobody else's prompt may find them. */
  owner = '';
  lastUse = 0;

  constructor(pool: LanePool, sequence: Sequence) {
    this.pool = pool;
    this.sequence = sequence;
  }

  /** Asks for `tokens` to be decoded, with a row of logits for each from index `rowsFrom` on. */
  ask(tokens: readonly TokenId[], rowsFrom: number): void {
    this.pending = tokens;
    this.rowsFrom = rowsFrom;
    this.rowsDelivered = 0;
  }

  /** Records that `tokens`, the first of those pending, were decoded. */
  advance(tokens: readonly TokenId[]): void {
    this.tokens.push(...tokens);
    this.pending = this.pending.slice(tokens.length);
    this.rowsDelivered += Math.max(0, tokens.length - this.rowsFrom);
    this.rowsFrom = Math.max(0, this.rowsFrom - tokens.length);
  }

  truncate(length: number): void {
    this.sequence.truncate(length);
    this.tokens.length = length;
  }
}

/** Prompt tokens asked for, and those found in the cache. */
export interface PromptCounters {
  tokens: number;
  cachedTokens: number;
}

/** What a prompt found in the cache. */
export interface AcquiredLane {
  readonly lane: Lane;
  readonly cachedTokens: number;
}

/**
 * The lanes of one context. A released lane keeps its tokens until another prompt needs the place, so
 * that a prompt which begins like an earlier one is computed only from where they part.
 */
export class LanePool {
  readonly context: ModelContext;
  readonly #lanes: Lane[] = [];
  readonly #counters: PromptCounters;
  #clock = 0;

  constructor(context: ModelContext, counters: PromptCounters = { tokens: 0, cachedTokens: 0 }) {
    this.context = context;
    this.#counters = counters;
  }

  /** Cells of the cache that hold tokens. */
  get cellsUsed(): number {
    return this.#lanes.reduce((sum, { tokens }) => sum + tokens.length, 0);
  }

  /** Lanes that a new prompt could take. */
  get available(): number {
    return this.context.freeSequences + this.#lanes.filter((lane) => !lane.inUse).length;
  }

  /**
   * Whether a lane in use is about to hold much more of `prompt` than any lane holds now: waiting for
   * it, and forking it, is cheaper than computing the same tokens beside it.
   */
  shouldWait(prompt: readonly TokenId[], owner: string): boolean {
    let held = 0;
    let planned = 0;
    for (const lane of this.#ownedBy(owner)) {
      const common = commonPrefix(prompt, lane.tokens);
      held = Math.max(held, common);
      if (!lane.inUse || common < lane.tokens.length) continue;
      planned = Math.max(planned, common + commonPrefix(prompt.slice(common), lane.pending));
    }
    return Math.min(planned, prompt.length - 1) - held >= minForkTokens;
  }

  /**
   * A lane holding as much of `prompt` as the cache knows, but never its last token, whose row is
   * wanted. The rest of the prompt is pending.
   * @throws KvCacheFullError if no lane is available.
   */
  acquire(prompt: readonly TokenId[], owner: string): AcquiredLane {
    const lane = this.resume(prompt, owner);
    const cachedTokens = lane.tokens.length;
    this.#counters.tokens += prompt.length;
    this.#counters.cachedTokens += cachedTokens;
    return { lane, cachedTokens };
  }

  /** As `acquire`, of a prompt and what was answered to it before its lane was given up. */
  resume(tokens: readonly TokenId[], owner: string): Lane {
    const lane = this.#place(tokens, owner);
    lane.inUse = true;
    lane.owner = owner;
    lane.lastUse = ++this.#clock;
    const rest = tokens.slice(lane.tokens.length);
    lane.ask(rest, rest.length - 1);
    return lane;
  }

  /** Gives a lane back; its tokens stay until the place is needed. */
  release(lane: Lane): void {
    lane.inUse = false;
    lane.pending = [];
    lane.lastUse = ++this.#clock;
  }

  /** Forgets what a lane holds, e.g. after a decode that failed. */
  discard(lane: Lane): void {
    const index = this.#lanes.indexOf(lane);
    if (index !== -1) this.#lanes.splice(index, 1);
    lane.sequence[Symbol.dispose]();
  }

  #ownedBy(owner: string): readonly Lane[] {
    return this.#lanes.filter((lane) => lane.owner === owner);
  }

  #place(prompt: readonly TokenId[], owner: string): Lane {
    const usable = (lane: Lane) => Math.min(commonPrefix(prompt, lane.tokens), prompt.length - 1);
    const own = this.#ownedBy(owner);
    const best = longest(own, usable);
    const bestIdle = longest(
      own.filter((lane) => !lane.inUse),
      usable,
    );
    const gain = best === undefined ? 0 : usable(best);
    if (bestIdle !== undefined && usable(bestIdle) === gain && gain > 0) {
      // Continuing a conversation drops little; a lane that would lose much is copied, if there is room.
      const lost = bestIdle.tokens.length - gain;
      if (lost < minForkTokens || gain < minForkTokens || this.context.freeSequences === 0) {
        return this.#cut(bestIdle, gain);
      }
    }
    if (best !== undefined && gain >= minForkTokens && this.#makeRoom(best))
      return this.#fork(best, gain);
    if (bestIdle !== undefined && usable(bestIdle) > 0)
      return this.#cut(bestIdle, usable(bestIdle));
    return this.#empty();
  }

  #cut(lane: Lane, length: number): Lane {
    try {
      lane.truncate(length);
      return lane;
    } catch (error) {
      if (!(error instanceof TruncateError)) throw error;
      lane.truncate(0); // a recurrent model: it can only start again
      return lane;
    }
  }

  #fork(source: Lane, length: number): Lane {
    try {
      const lane = this.#add(source.sequence.fork(length));
      for (let i = 0; i < length; i++) lane.tokens.push(source.tokens[i]!);
      return lane;
    } catch (error) {
      if (!(error instanceof TruncateError)) throw error;
      return this.#add(this.context.createSequence());
    }
  }

  /** Frees the least recently used idle lane if no sequence is free; `keep` is to be forked. */
  #makeRoom(keep: Lane): boolean {
    if (this.context.freeSequences > 0) return true;
    const victim = oldest(this.#lanes.filter((lane) => !lane.inUse && lane !== keep));
    if (victim === undefined) return false;
    this.discard(victim);
    return true;
  }

  #empty(): Lane {
    if (this.context.freeSequences > 0) return this.#add(this.context.createSequence());
    const lane = oldest(this.#lanes.filter(({ inUse }) => !inUse));
    if (lane === undefined) {
      throw new KvCacheFullError(
        `All ${this.context.maxSequences} sequences of ${this.context.model.name} are in use. ` +
          'Wait for one, or raise engine.maxSequences.',
      );
    }
    return this.#cut(lane, 0);
  }

  #add(sequence: Sequence): Lane {
    const lane = new Lane(this, sequence);
    this.#lanes.push(lane);
    return lane;
  }
}

function commonPrefix(a: readonly TokenId[], b: readonly TokenId[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return length;
}

function longest(lanes: readonly Lane[], usable: (lane: Lane) => number): Lane | undefined {
  let best: Lane | undefined;
  for (const lane of lanes) if (best === undefined || usable(lane) > usable(best)) best = lane;
  return best;
}

function oldest(lanes: readonly Lane[]): Lane | undefined {
  return lanes.reduce<Lane | undefined>(
    (best, lane) => (best === undefined || lane.lastUse < best.lastUse ? lane : best),
    undefined,
  );
}
