import { mapTokens } from '../../compose/index.ts';
import type { ModelUsage, TokenId } from '../../spec/index.ts';
import type { LoadedModel } from '../load/models.ts';
import type { Lane, LanePool } from '../cache/lane-pool.ts';
import type { StartOutcome, TaskLane } from './task.ts';

/** One model of a request, with the prompt as it sees it. */
export interface ViewedModel {
  readonly name: string;
  readonly model: LoadedModel;
  readonly prompt: readonly TokenId[];
}

/** The lanes of one task, and what they computed. */
export class TaskLanes {
  /** Models with the same context and prompt share a lane. */
  readonly #groups: readonly (readonly ViewedModel[])[];
  readonly #usage = new Map<
    string,
    { promptTokens: number; cachedTokens: number; forwards: number }
  >();
  readonly #owner: string;
  /** How many it takes of each pool. */
  readonly needs: ReadonlyMap<LanePool, number>;
  #lanes: readonly TaskLane[] = [];

  constructor(models: readonly ViewedModel[], owner: string) {
    this.#groups = groupEqual(models);
    this.#owner = owner;
    const needs = new Map<LanePool, number>();
    for (const [first] of this.#groups) {
      const pool = first!.model.lanes;
      needs.set(pool, (needs.get(pool) ?? 0) + 1);
    }
    this.needs = needs;
  }

  get lanes(): readonly TaskLane[] {
    return this.#lanes;
  }

  get usage(): Readonly<Record<string, ModelUsage>> {
    return Object.fromEntries(this.#usage);
  }

  /** Takes all lanes or none. */
  acquire(): StartOutcome {
    return this.#take(
      ({ prompt }) => prompt,
      (group, prompt) => {
        const { lane, cachedTokens } = group[0]!.model.lanes.acquire(prompt, this.#owner);
        for (const { name } of group) {
          this.#usage.set(name, { promptTokens: prompt.length, cachedTokens, forwards: 0 });
        }
        return lane;
      },
    );
  }

  /**
   * Takes lanes again after a `release`, for the prompts and the first tokens of the answer, in the
   * output's vocabulary; the last one's row is wanted.
   */
  resume(answer: readonly TokenId[]): StartOutcome {
    return this.#take(
      ({ model, prompt }) => [...prompt, ...mapTokens(model.alignment, answer)],
      (group, tokens) => group[0]!.model.lanes.resume(tokens, this.#owner),
    );
  }

  #take(
    toTokens: (viewed: ViewedModel) => readonly TokenId[],
    take: (group: readonly ViewedModel[], tokens: readonly TokenId[]) => Lane,
  ): StartOutcome {
    const asked = this.#groups.map((group) => ({ group, tokens: toTokens(group[0]!) }));
    const isBehind = asked.some(({ group, tokens }) =>
      group[0]!.model.lanes.shouldWait(tokens, this.#owner),
    );
    if (isBehind) return 'behind';
    for (const [pool, count] of this.needs) if (pool.available < count) return 'full';
    this.#lanes = asked.map(({ group, tokens }) => ({
      lane: take(group, tokens),
      models: group.map(({ name }) => name),
    }));
    return 'started';
  }

  /** Tokens that every lane still has room for after its prompt and an answer of `length` tokens. */
  roomAfter(length: number): number {
    const rooms = this.#groups.map(
      ([first]) => first!.model.context.contextLength - first!.prompt.length - length,
    );
    return Math.min(...rooms);
  }

  /**
   * Asks every lane for these tokens of the output's vocabulary.
   * @param rows - A row for each of them, or for the last one alone.
   */
  feed(tokens: readonly TokenId[], rows: 'all' | 'last' = 'all'): void {
    for (const [i, { lane }] of this.#lanes.entries()) {
      const own = mapTokens(this.#groups[i]![0]!.model.alignment, tokens);
      lane.ask(own, rows === 'all' ? 0 : own.length - 1);
    }
  }

  /** Keeps the prompts and the first `length` tokens of the answer; the last one's row is wanted again. */
  rewind(length: number): void {
    for (const [i, { lane }] of this.#lanes.entries()) {
      const kept = this.#groups[i]![0]!.prompt.length + length;
      const last = lane.tokens[kept - 1]!;
      lane.truncate(kept - 1);
      lane.ask([last], 0);
    }
  }

  countForward({ models }: TaskLane): void {
    for (const name of models) this.#usage.get(name)!.forwards++;
  }

  release(): void {
    for (const { lane } of this.#lanes) lane.pool.release(lane);
    this.#lanes = [];
  }
}

function groupEqual(models: readonly ViewedModel[]): ViewedModel[][] {
  const groups = new Map<object, Map<string, ViewedModel[]>>();
  for (const viewed of models) {
    const byPrompt = groups.get(viewed.model.lanes) ?? new Map<string, ViewedModel[]>();
    groups.set(viewed.model.lanes, byPrompt);
    const key = viewed.prompt.join();
    byPrompt.set(key, [...(byPrompt.get(key) ?? []), viewed]);
  }
  return [...groups.values()].flatMap((byPrompt) => [...byPrompt.values()]);
}
