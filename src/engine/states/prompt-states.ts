import type { HashedFiles } from '../../files/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { TokenId } from '../../spec/index.ts';
import { commonPrefix, minForkTokens } from '../cache/lane-pool.ts';
import type { TaskLanes, ViewedModel } from '../decode/task-lanes.ts';
import type { LoadedModel } from '../load/models.ts';
import { stateIdentity } from './state-identity.ts';

/** What stands before the bytes of a state. */
interface StateHead {
  readonly identity: string;
  /** What they were computed with. */
  readonly mixture: string;
  /** Of the model, in their order. */
  readonly tokens: readonly TokenId[];
}

/**
 * What contexts held of prompts, in files: put into lanes again before a prompt is read, which finds them like any other
 * beginning that it shares. What does not fit, or cannot be had, is computed instead.
 */
export class PromptStates {
  readonly #recipe: Recipe;
  readonly #files: HashedFiles;
  readonly #identities = new Map<LoadedModel, Promise<string>>();
  /** One after the other: requests that come together need a state once. */
  #last: Promise<void> = Promise.resolve();

  constructor(recipe: Recipe, files: HashedFiles) {
    this.#recipe = recipe;
    this.#files = files;
  }

  /** Restores what files of this name hold of the prompts. */
  async restore(models: readonly ViewedModel[], name: string, owner: string): Promise<void> {
    const before = this.#last;
    this.#last = this.#restoreAfter(before, models, name, owner);
    return this.#last;
  }

  /** Saves what lanes hold, where the files do not hold it already. */
  async save({ held }: Pick<TaskLanes, 'held'>, name: string): Promise<void> {
    for (const { lane, model, names } of held) {
      const { context } = model;
      const file = fileName(name, names[0]!);
      const identity = await this.#identityOf(model);
      const head: StateHead = { identity, mixture: lane.mixture.join(), tokens: [...lane.tokens] };
      const known = toHead(await this.#files.head(file));
      if (known !== undefined && JSON.stringify(known) === JSON.stringify(head)) continue;
      const data = await context.saveSequence?.(lane.sequence);
      if (data !== undefined) await this.#files.write(file, { head, data });
    }
  }

  async #restoreAfter(
    before: Promise<void>,
    models: readonly ViewedModel[],
    name: string,
    owner: string,
  ): Promise<void> {
    await before;
    for (const viewed of models) {
      await this.#restoreOne(viewed, name, owner).catch(() => undefined); // it is computed
    }
  }

  async #restoreOne(
    { name: own, model, prompt, mixture }: ViewedModel,
    name: string,
    owner: string,
  ) {
    const { lanes, context } = model;
    if (context.restoreSequence === undefined) return;
    const file = fileName(name, own);
    const head = toHead(await this.#files.head(file));
    if (head === undefined || head.identity !== (await this.#identityOf(model))) return;
    if (head.mixture !== mixture.join()) return;
    const key = { owner, mixture };
    const shared = Math.min(commonPrefix(head.tokens, prompt), prompt.length - 1);
    const isCut = shared < head.tokens.length && !context.model.capabilities.truncates;
    if (isCut || shared - lanes.heldOf(prompt, key) < minForkTokens) return;
    const read = await this.#files.read(file);
    // Another process may have written it meanwhile.
    if (JSON.stringify(toHead(read?.head)) !== JSON.stringify(head) || read === undefined) return;
    await lanes.restore(read.data, head.tokens, key);
  }

  #identityOf(model: LoadedModel): Promise<string> {
    const identity = this.#identities.get(model) ?? stateIdentity(this.#recipe, model);
    this.#identities.set(model, identity);
    return identity;
  }
}

function fileName(name: string, model: string): string {
  return `${name}.${Buffer.from(model).toString('hex').slice(0, 64)}`;
}

function toHead(value: unknown): StateHead | undefined {
  const { identity, mixture, tokens } = Object(value) as Partial<Record<keyof StateHead, unknown>>;
  const isSound =
    typeof identity === 'string' &&
    typeof mixture === 'string' &&
    Array.isArray(tokens) &&
    tokens.every(Number.isInteger);
  return isSound ? { identity, mixture, tokens: tokens as TokenId[] } : undefined;
}
