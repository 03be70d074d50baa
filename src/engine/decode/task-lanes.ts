import { mapTokens } from '../../compose/index.ts';
import type { Mixture, ModelUsage, Row, SparseRow, TokenId } from '../../spec/index.ts';
import type { ComputedRow, Lane, LaneUser, TaskShare } from '../cache/lane.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import type { LoadedModel } from '../load/models.ts';
import type { ContextLoad } from './draft-choice.ts';

/** Whether a task has its lanes, waits for room, or waits for a prefix that another is computing. */
export type StartOutcome = 'started' | 'full' | 'behind';

/** One model of a request, with the prompt as it sees it. */
export interface ViewedModel {
  readonly name: string;
  readonly model: LoadedModel;
  /** How much of its context's skills. */
  readonly mixture: Mixture;
  readonly prompt: readonly TokenId[];
}

/** Models with the same context, mixture and prompt: one lane gives the rows of all of them. */
interface LaneGroup extends Omit<ViewedModel, 'name'> {
  readonly models: readonly string[];
}

/** A context that a task computes in. */
export interface LaneLoad extends ContextLoad {
  readonly models: readonly string[];
}

/** Whose lanes they are. */
export interface LanesOwner {
  readonly share: TaskShare;
  readonly isReady: boolean;
  readonly isDecoding: boolean;
  readonly isDrafting?: boolean;
}

/** Where rows go. */
export interface RowTaker {
  /** Folds a borrowed row of `model`, which predicts token `position` of the answer. */
  add(model: string, position: number, row: Row): void;
}

/** The lanes of one task, and what they computed. */
export class TaskLanes implements LaneUser {
  readonly share: TaskShare;
  /** Whether others are there before whom it computes nothing. */
  isHeld = false;
  /** How many it takes of each pool. */
  readonly needs: ReadonlyMap<LanePool, number>;
  readonly #owner: LanesOwner;
  readonly #rows: RowTaker;
  readonly #groups: readonly LaneGroup[];
  readonly #usage = new Map<
    string,
    { promptTokens: number; cachedTokens: number; forwards: number }
  >();
  readonly #lanes = new Map<Lane, LaneGroup>();
  /** The first position that a lane was asked for. */
  readonly #firstOf = new Map<Lane, number>();
  #failure: { readonly error: unknown } | undefined;

  constructor(models: readonly ViewedModel[], owner: LanesOwner, rows: RowTaker) {
    this.share = owner.share;
    this.#owner = owner;
    this.#rows = rows;
    this.#groups = groupEqual(models);
    const needs = new Map<LanePool, number>();
    for (const { model } of this.#groups) needs.set(model.lanes, (needs.get(model.lanes) ?? 0) + 1);
    this.needs = needs;
  }

  get isReady(): boolean {
    return !this.isHeld && this.#owner.isReady;
  }

  get isDecoding(): boolean {
    return this.#owner.isDecoding;
  }

  get isDrafting(): boolean {
    return this.#owner.isDrafting === true;
  }

  /** Whether all that was asked for is computed. */
  get isIdle(): boolean {
    for (const { pending } of this.#lanes.keys()) if (pending.length > 0) return false;
    return true;
  }

  /** What a decode, or a row, failed with. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Tokens of the longest lane: what would have to be computed again without it. */
  get cachedTokens(): number {
    return [...this.#lanes.keys()].reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
  }

  /** The contexts it computes in, and how many generations decode in each. */
  get loads(): readonly LaneLoad[] {
    const mixtures = new Set(this.#groups.map(({ mixture }) => mixture.join()));
    return [...this.needs].map(([pool, lanes]) => {
      // Those of another mixture are decoded by themselves.
      const decoding = pool.lanes.filter(
        ({ user, mixture }) => user?.isDecoding === true && mixtures.has(mixture.join()),
      ).length;
      return {
        costs: pool.costs,
        generations: Math.max(1, Math.ceil(decoding / lanes)),
        lanes,
        models: this.#groups.flatMap(({ model, models }) => (model.lanes === pool ? models : [])),
      };
    });
  }

  get usage(): Readonly<Record<string, ModelUsage>> {
    return Object.fromEntries(this.#usage);
  }

  /**
   * Takes all lanes or none, for the prompts and the first tokens of the answer.
   * @param answer - In the output's token ids; none but after a `release`.
   */
  acquire(answer: readonly TokenId[]): StartOutcome {
    const asked = this.#groups.map((group) => ({
      group,
      tokens: [...group.prompt, ...mapTokens(group.model.alignment, answer)],
    }));
    const isBehind = asked.some(({ group, tokens }) =>
      group.model.lanes.shouldWait(tokens, {
        owner: this.share.owner,
        mixture: group.mixture,
      }),
    );
    if (isBehind) return 'behind';
    for (const [pool, count] of this.needs) if (pool.available < count) return 'full';
    for (const { group, tokens } of asked) {
      const lane = group.model.lanes.acquire(tokens, this, group.mixture);
      this.#lanes.set(lane, group);
      this.#countPrompt(group, lane.tokens.length);
    }
    return 'started';
  }

  /** Its lanes, and of which models each is. */
  get held(): readonly {
    readonly lane: Lane;
    readonly model: LoadedModel;
    readonly names: readonly string[];
  }[] {
    return [...this.#lanes].map(([lane, { model, models }]) => ({ lane, model, names: models }));
  }

  /** Tokens that every lane still has room for after its prompt and an answer of `length` tokens. */
  roomAfter(length: number): number {
    const rooms = this.#groups.map(
      ({ model, prompt }) => model.context.contextLength - prompt.length - length,
    );
    return Math.min(...rooms);
  }

  /**
   * Asks for the rows of the positions from a first one to `answer.length`: the row of position i predicts token
   * i of the answer, from the prompt and the i tokens before it. Lanes hold the tokens before the first, or
   * compute them too; what they hold beyond is dropped.
   * @param answer - In the output's token ids, those that are only supposed included.
   * @param firstOf - The first position that is asked of a lane, by the models that it computes; of none where it
   *   is `undefined`: the lane computes what it then lacks when it is asked next.
   * @throws TruncateError if a model cannot go back.
   */
  want(
    answer: readonly TokenId[],
    firstOf: (models: readonly string[]) => number | undefined,
  ): void {
    for (const [lane, { models, prompt, model }] of this.#lanes) {
      const first = firstOf(models);
      if (first === undefined) continue;
      this.#firstOf.set(lane, first);
      const own = (from: number) => mapTokens(model.alignment, answer.slice(from));
      lane.ask(prompt.length + first - 1, (held) =>
        held < prompt.length ? [...prompt.slice(held), ...own(0)] : own(held - prompt.length),
      );
    }
  }

  /**
   * More of a model's sparse row behind the answer: see `ModelContext.extendRow`.
   * @param answer - In the output's token ids.
   */
  extendRow(
    name: string,
    answer: readonly TokenId[],
    row: SparseRow,
    { wanted, signal }: { readonly wanted: readonly TokenId[]; readonly signal: AbortSignal },
  ): Promise<SparseRow | null> {
    const { model, prompt } = this.#groups.find(({ models }) => models.includes(name))!;
    const tokens = [...prompt, ...mapTokens(model.alignment, answer)];
    return model.context.extendRow?.(tokens, row, wanted, signal) ?? Promise.resolve(null);
  }

  /** Drops what lanes hold of an answer beyond its first `length` tokens. @throws TruncateError */
  truncate(length: number): void {
    for (const [lane, { prompt }] of this.#lanes) {
      lane.truncate(Math.min(lane.tokens.length, prompt.length + length));
    }
  }

  onDecoded(lane: Lane): void {
    for (const name of this.#lanes.get(lane)!.models) this.#usage.get(name)!.forwards++;
  }

  take(lane: Lane, index: number, { row }: ComputedRow): void {
    const position = this.#firstOf.get(lane)! + index;
    for (const model of this.#lanes.get(lane)!.models) this.#rows.add(model, position, row);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  release(): void {
    for (const [lane, { model }] of this.#lanes) model.lanes.release(lane);
    this.#lanes.clear();
    this.#firstOf.clear();
  }

  /** What was found in the cache is told once: of the prompt, not of what a `release` gave up. */
  #countPrompt({ models, model, prompt }: LaneGroup, cachedTokens: number): void {
    if (this.#usage.has(models[0]!)) return;
    model.lanes.counters.tokens += prompt.length;
    model.lanes.counters.cachedTokens += cachedTokens;
    for (const name of models) {
      this.#usage.set(name, { promptTokens: prompt.length, cachedTokens, forwards: 0 });
    }
  }
}

function groupEqual(models: readonly ViewedModel[]): LaneGroup[] {
  const groups = new Map<LanePool, Map<string, LaneGroup>>();
  for (const { name, model, mixture, prompt } of models) {
    const byText = groups.get(model.lanes) ?? new Map<string, LaneGroup>();
    groups.set(model.lanes, byText);
    const key = `${mixture.join()}:${prompt.join()}`;
    const others = byText.get(key)?.models ?? [];
    byText.set(key, { models: [...others, name], model, mixture, prompt });
  }
  return [...groups.values()].flatMap((byText) => [...byText.values()]);
}
