import { KvCacheFullError } from '../../spec/index.ts';
import type { Mixture, ModelCapabilities, ModelContext, TokenId } from '../../spec/index.ts';
import { DecodeCosts } from './decode-costs.ts';
import { Lane } from './lane.ts';
import type { LaneUser } from './lane.ts';

/** Shared tokens below which copying another lane's cache costs more than computing them. */
export const minForkTokens = 32;

/** Whose tokens are looked for, and what they are computed with. */
export interface LaneKey {
  readonly owner: string;
  /** `undefined`: none of the context's skills. */
  readonly mixture: Mixture | undefined;
}

/** Prompt tokens asked for, and those found in the cache. */
export interface PromptCounters {
  tokens: number;
  cachedTokens: number;
}

export interface LanePoolOptions {
  /** Where its prompts are counted. */
  readonly counters?: PromptCounters;
  /**
   * Whether forks share the cells of what they hold together, as in a unified cache. Its lanes keep nothing
   * once they are released: cells are what it is short of.
   */
  readonly isUnified?: boolean;
  /** Tells whoever decodes that there is something to do. */
  readonly wake?: () => void;
}

/**
 * The lanes of one context. A released lane keeps its tokens until another prompt needs the place, so
 * that a prompt which begins like an earlier one is computed only from where they part.
 */
export class LanePool {
  readonly context: ModelContext;
  readonly wake: () => void;
  /** Called before each decode, by those who wait for lanes to become free. */
  readonly waiting = new Set<() => void>();
  readonly counters: PromptCounters;
  /** What its context's decodes take. */
  readonly costs = new DecodeCosts();
  /** Of its last decode. */
  lastMixture = '';
  readonly #isUnified: boolean;
  readonly #lanes: Lane[] = [];
  #clock = 0;

  constructor(context: ModelContext, options: LanePoolOptions = {}) {
    const {
      counters = { tokens: 0, cachedTokens: 0 },
      isUnified = false,
      wake = () => {},
    } = options;
    this.context = context;
    this.counters = counters;
    this.wake = wake;
    this.#isUnified = isUnified;
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** Cells of the cache that hold tokens. */
  get cellsUsed(): number {
    return this.#lanes.reduce((sum, { tokens, sharedLength }) => {
      return sum + tokens.length - Math.min(sharedLength, tokens.length);
    }, 0);
  }

  /** Lanes that a new prompt could take. */
  get available(): number {
    return this.context.freeSequences + this.#lanes.filter(isFree).length;
  }

  /**
   * Whether a lane in use is about to hold much more of `tokens` than any lane holds now: waiting for
   * it, and forking it, is cheaper than computing the same beside it.
   */
  shouldWait(tokens: readonly TokenId[], key: LaneKey): boolean {
    if (!this.#capabilities.forks) return false;
    let held = 0;
    let planned = 0;
    for (const lane of this.#ofKey(key)) {
      const common = commonPrefix(tokens, lane.tokens);
      held = Math.max(held, common);
      if (lane.user === null || common < lane.tokens.length) continue;
      planned = Math.max(planned, common + commonPrefix(tokens.slice(common), lane.pending));
    }
    return Math.min(planned, tokens.length - 1) - held >= minForkTokens;
  }

  /**
   * A lane that holds as much of `tokens` as the cache knows, and nothing else; but never the last of
   * them, whose row is wanted.
   * @param mixture - What they are computed with: none of the context's skills by default.
   * @throws KvCacheFullError if no lane is available.
   */
  acquire(tokens: readonly TokenId[], user: LaneUser, mixture?: Mixture): Lane {
    return this.#give(this.#place(tokens, { owner: user.share.owner, mixture }), user);
  }

  /** Tokens of a prompt that a lane holds now. */
  heldOf(tokens: readonly TokenId[], key: LaneKey): number {
    return Math.max(0, ...this.#ofKey(key).map((lane) => commonPrefix(tokens, lane.tokens)));
  }

  /**
   * Makes a lane of a saved state, for prompts of its key to find; none where all are in use.
   * @throws As `ModelContext.restoreSequence`
   */
  async restore(state: Uint8Array, tokens: readonly TokenId[], key: LaneKey): Promise<void> {
    if (!this.#makeRoom()) return;
    const sequence = await this.context.restoreSequence!(state, tokens.length, key.mixture);
    const lane = this.#add(new Lane(sequence, [...tokens]));
    lane.owner = key.owner;
    lane.lastUse = ++this.#clock;
  }

  /** A lane for `user` that holds what `source` holds; `undefined` if none is free. */
  fork(source: Lane, user: LaneUser): Lane | undefined {
    if (!this.#makeRoom(source)) return undefined;
    return this.#give(this.#copy(source, source.tokens.length), user);
  }

  /** Gives a lane back; its tokens stay until the place is needed. */
  release(lane: Lane): void {
    if (this.#isUnified) {
      this.discard(lane);
      return;
    }
    lane.user = null;
    lane.truncate(lane.tokens.length);
    lane.lastUse = ++this.#clock;
  }

  /** Frees a lane and forgets what it holds. */
  discard(lane: Lane): void {
    const index = this.#lanes.indexOf(lane);
    if (index === -1) return;
    this.#lanes.splice(index, 1);
    lane.user = null;
    lane.flight?.abort();
    lane.sequence[Symbol.dispose]();
  }

  #ofKey({ owner, mixture }: LaneKey): readonly Lane[] {
    return this.#lanes.filter(
      (lane) => lane.owner === owner && !lane.isSpare && isOfMixture(lane, mixture),
    );
  }

  #give(lane: Lane, user: LaneUser): Lane {
    lane.user = user;
    lane.owner = user.share.owner;
    lane.lastUse = ++this.#clock;
    return lane;
  }

  #place(tokens: readonly TokenId[], key: LaneKey): Lane {
    const usable = (lane: Lane) => Math.min(commonPrefix(tokens, lane.tokens), tokens.length - 1);
    const own = this.#ofKey(key);
    const best = longest(own, usable);
    const bestIdle = longest(
      own.filter(({ user }) => user === null),
      usable,
    );
    const gain = best === undefined ? 0 : usable(best);
    if (bestIdle !== undefined && usable(bestIdle) === gain && gain > 0) {
      // Continuing a conversation drops little; a lane that would lose much is copied, if there is room.
      const lost = bestIdle.tokens.length - gain;
      const isFull = this.context.freeSequences === 0 || !this.#capabilities.forks;
      if (lost < minForkTokens || gain < minForkTokens || isFull) {
        return this.#cut(bestIdle, gain);
      }
    }
    const isWorthAFork = gain >= minForkTokens && this.#capabilities.forks;
    if (best !== undefined && isWorthAFork && this.#makeRoom(best)) {
      return this.#copy(best, gain);
    }
    if (bestIdle !== undefined && usable(bestIdle) > 0) {
      return this.#cut(bestIdle, usable(bestIdle));
    }
    return this.#empty(key.mixture);
  }

  #cut(lane: Lane, length: number): Lane {
    lane.truncate(this.#canKeep(lane, length) ? length : 0);
    return lane;
  }

  #copy(source: Lane, length: number): Lane {
    if (!this.#canKeep(source, length)) return this.#create(source.mixture);
    const shared = this.#isUnified ? length : 0;
    return this.#add(
      new Lane(source.sequence.fork(length), source.tokens.slice(0, length), shared),
    );
  }

  /** A recurrent model goes on from all of its tokens, or starts again. */
  #canKeep({ tokens }: Lane, length: number): boolean {
    return length === tokens.length || this.#capabilities.truncates;
  }

  get #capabilities(): ModelCapabilities {
    return this.context.model.capabilities;
  }

  /** Frees a lane that can be done without if no sequence is free; `keep` is to be forked. */
  #makeRoom(keep?: Lane): boolean {
    if (this.context.freeSequences > 0) return true;
    const victim =
      this.#lanes.find(({ isSpare }) => isSpare) ??
      oldest(this.#lanes.filter((lane) => isFree(lane) && lane !== keep));
    if (victim === undefined) return false;
    this.discard(victim);
    return true;
  }

  #empty(mixture: Mixture | undefined): Lane {
    if (this.context.freeSequences > 0) return this.#create(mixture);
    const idle = oldest(this.#lanes.filter(isFree));
    if (idle !== undefined && isOfMixture(idle, mixture)) return this.#cut(idle, 0);
    if (idle !== undefined) this.discard(idle);
    if (this.#makeRoom()) return this.#create(mixture);
    throw new KvCacheFullError(
      `All ${this.context.maxSequences} sequences of ${this.context.model.name} are in use. ` +
        'Wait for one, or raise engine.maxSequences.',
    );
  }

  #create(mixture: Mixture | undefined): Lane {
    return this.#add(new Lane(this.context.createSequence(mixture)));
  }

  #add(lane: Lane): Lane {
    this.#lanes.push(lane);
    return lane;
  }
}

function isFree({ user }: Lane): boolean {
  return user === null;
}

function isOfMixture(lane: Lane, mixture: Mixture | undefined): boolean {
  return mixture === undefined
    ? lane.mixture.every((weight) => weight === 0)
    : lane.mixture.join() === mixture.join();
}

/** Tokens at the beginning that two texts have in common. */
export function commonPrefix(a: readonly TokenId[], b: readonly TokenId[]): number {
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
