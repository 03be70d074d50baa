import { randomUUID } from 'node:crypto';

import { HashedFiles, type HashedFilesOptions } from '../files/index.ts';
import type { Recipe } from '../recipe/index.ts';
import {
  InvalidOptionError,
  ModelNotFoundError,
  type ChatPrompt,
  type GenerationResult,
  type InferenceService,
  type PreparedPrompt,
} from '../spec/index.ts';
import {
  idPattern,
  type ContextEntry,
  type ContextRecord,
  type ContextStore,
  type Page,
} from '../store/index.ts';
import { isAnswer, isNotes, stateName, toView, type ContextView } from './context-view.ts';
import { ContextError } from './errors.ts';
import { IdleWorker } from './idle-worker.ts';
import { contextLimits } from './limits.ts';
import { partOf, placeContext, type ContextAs } from './place-context.ts';
import { prepareContext } from './prepare-context.ts';
import { recipeHash } from './recipe-hash.ts';

export interface ContextsOptions {
  readonly store: ContextStore;
  readonly service: InferenceService;
  /** Those that are served. */
  readonly recipes: readonly Recipe[];
  /** Where this machine's engine keeps KV states: its own option; none are kept without. */
  readonly states?: HashedFilesOptions | undefined;
  /** Prepare contexts while nobody waits: `true` by default. */
  readonly worksIdle?: boolean | undefined;
  readonly limits?: Partial<typeof contextLimits> | undefined;
  readonly onError?: ((error: unknown, doing: string) => void) | undefined;
}

export interface NewContext {
  /** Drawn at random by default. */
  readonly id?: string | undefined;
  readonly recipe: string;
  readonly text: string;
  /** That are expected: they are answered first. */
  readonly questions?: readonly string[] | undefined;
}

/** A conversation with a context in it, and what was prepared for that. */
export interface AppliedContext {
  readonly prompt: ChatPrompt;
  readonly prepared: PreparedPrompt;
  /** What the answer sees; the text where there are no notes yet. */
  readonly used: { readonly id: string; readonly as: ContextAs };
  /** Counts what became of it. Never rejects. */
  readonly count: (result: GenerationResult) => Promise<void>;
}

/** Tokens of drafts that a request brings along. */
const draftTokens = 2 ** 14;

/** Stored contexts of owners, and what is prepared for them while nobody waits. What is another's is as if it did not exist. */
export class Contexts implements AsyncDisposable {
  readonly #options: ContextsOptions;
  readonly #limits: typeof contextLimits;
  readonly #recipes: ReadonlyMap<string, { readonly recipe: Recipe; readonly hash: string }>;
  readonly #files: HashedFiles | undefined;
  readonly #worker: IdleWorker;

  /** Begins to prepare at once. The store and the service are the caller's. */
  constructor(options: ContextsOptions) {
    const { store, service, recipes, states, worksIdle = true } = options;
    this.#options = options;
    this.#limits = { ...contextLimits, ...options.limits };
    this.#recipes = new Map(
      recipes.map((recipe) => [recipe.name, { recipe, hash: recipeHash(recipe) }]),
    );
    this.#files = states && new HashedFiles(states);
    this.#worker = new IdleWorker({
      entries: async () => {
        const entries = await store.all();
        await this.#sweep(entries);
        return entries;
      },
      isServed: ({ recipe }) =>
        service.recipes().some(({ name, state }) => name === recipe && state === 'ready'),
      prepare: ({ owner, id }, signal) => this.#prepare(owner, id, signal),
      onError: (error, doing) => options.onError?.(error, doing),
    });
    if (worksIdle) this.#worker.start();
  }

  /** @throws InvalidOptionError, ModelNotFoundError, ContextError */
  async create(owner: string, given: NewContext): Promise<ContextView> {
    const { id = `ctx-${randomUUID()}`, recipe, text, questions = [] } = given;
    const limits = this.#limits;
    this.#check({ id, recipe, text, questions });
    const { store } = this.#options;
    const record = await store.ofOwner(owner, async (session) => {
      if (await store.exists(session, owner, id)) {
        throw new ContextError(
          'context_exists',
          `There is already a context ${JSON.stringify(id)}. Delete it or take another id.`,
        );
      }
      const { contexts, characters } = await store.usage(session, owner);
      if (contexts >= limits.ownerContexts) {
        const what = `There are ${contexts} contexts, as many as there may be: delete some.`;
        throw new ContextError('limit_reached', what);
      }
      if (characters + text.length > limits.ownerCharacters) {
        const what = `All contexts have at most ${limits.ownerCharacters} characters, and ${characters} are taken: delete some.`;
        throw new ContextError('limit_reached', what);
      }
      return store.create(session, owner, { id, recipe, text, questions });
    });
    this.#worker.wake();
    return toView(record, [], false);
  }

  /** @throws ContextError */
  async get(owner: string, id: string): Promise<ContextView> {
    const record = await this.#find(owner, id);
    const products = await this.#options.store.products(record.key);
    const hash = this.#recipes.get(record.recipe)?.hash;
    const states = hash !== undefined && (await this.#hasStates(stateName(record, hash)));
    return toView(record, products, states);
  }

  list(owner: string, page: Page): Promise<ContextEntry[]> {
    return this.#options.store.list(owner, page);
  }

  /** Takes every trace of it from the database, and of its states from this machine. @throws ContextError */
  async delete(owner: string, id: string): Promise<void> {
    const key = await this.#options.store.delete(owner, id);
    if (key === undefined) throw notFound(id);
    this.#worker.forget(key);
    await this.#files?.delete((name) => name.startsWith(`${key}.`));
  }

  /** Makes what is worth it, now. @throws ContextError; what generating throws */
  async prepare(owner: string, id: string, signal: AbortSignal): Promise<ContextView> {
    const { recipe } = await this.#find(owner, id);
    this.#requireRecipe(recipe);
    await this.#prepare(owner, id, signal);
    return this.get(owner, id);
  }

  /**
   * A conversation with a context in it, for a recipe. What was prepared is of the context's own recipe: another answers
   * with the text alone.
   * @throws ContextError
   */
  async apply(
    owner: string,
    { id, as, recipe }: { readonly id: string; readonly as: ContextAs; readonly recipe: string },
    conversation: ChatPrompt,
  ): Promise<AppliedContext> {
    const record = await this.#find(owner, id);
    const hash = record.recipe === recipe ? this.#recipes.get(recipe)?.hash : undefined;
    const products = hash === undefined ? [] : await this.#options.store.products(record.key, hash);
    const notes = products.find(isNotes)?.content.text;
    const used = { id, as: notes === undefined ? 'text' : as };
    const name = hash === undefined ? undefined : stateName(record, hash);
    const hasStates = name !== undefined && used.as !== 'notes' && (await this.#hasStates(name));
    const drafts: (readonly number[])[] = [];
    let room = draftTokens;
    for (const { content } of products.filter(isAnswer)) {
      room -= content.draft.length + 1;
      if (room < 0) break;
      drafts.push(content.draft);
    }
    return {
      prompt: placeContext(conversation, partOf(record.text, notes, as)),
      prepared: { ...(hasStates && { state: name }), ...(drafts.length > 0 && { drafts }) },
      used,
      count: (result) => this.#count(record, result),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.stop();
  }

  #check({ id, recipe, text, questions = [] }: NewContext): void {
    const limits = this.#limits;
    this.#requireRecipe(recipe);
    if (!idPattern.test(String(id))) {
      throw refuse(
        'id',
        'must be 1 to 128 letters, digits or `_ . : -`, and begin with a letter or digit.',
      );
    }
    if (text.trim() === '') throw refuse('text', 'is empty: give what answers are to know.');
    if (text.length > limits.characters) {
      throw refuse('text', `has ${text.length} characters: give at most ${limits.characters}.`);
    }
    if (/[\0\p{Surrogate}]/u.test(text)) {
      throw refuse('text', 'has a NUL or half of a surrogate pair: it is no text.');
    }
    if (questions.length > limits.questions) {
      throw refuse('questions', `are ${questions.length}: give at most ${limits.questions}.`);
    }
    for (const [i, question] of questions.entries()) {
      if (question.trim() !== '' && question.length <= limits.questionCharacters) continue;
      const what = `must have 1 to ${limits.questionCharacters} characters.`;
      throw refuse(`questions[${i}]`, what);
    }
  }

  #requireRecipe(name: string): { readonly recipe: Recipe; readonly hash: string } {
    const found = this.#recipes.get(name);
    if (found !== undefined) return found;
    const names = [...this.#recipes.keys()].join(', ');
    throw new ModelNotFoundError(`There is no recipe ${JSON.stringify(name)}. There are ${names}.`);
  }

  async #find(owner: string, id: string): Promise<ContextRecord> {
    const record = await this.#options.store.find(owner, id);
    if (record === undefined) throw notFound(id);
    return record;
  }

  async #prepare(owner: string, id: string, signal: AbortSignal): Promise<void> {
    const { store, service } = this.#options;
    const record = await store.find(owner, id);
    if (record === undefined) return; // it was deleted meanwhile
    const { recipe, hash } = this.#requireRecipe(record.recipe);
    await prepareContext(record, {
      store,
      service,
      recipe,
      recipeHash: hash,
      limits: this.#limits,
      hasStates: this.#files && ((name) => this.#hasStates(name)),
      signal,
    });
  }

  async #hasStates(name: string): Promise<boolean> {
    const names = (await this.#files?.names()) ?? [];
    return names.some((file) => file.startsWith(`${name}.`));
  }

  /** States of contexts that are gone, also where another machine deleted them. */
  async #sweep(entries: readonly ContextEntry[]): Promise<void> {
    const keys = new Set(entries.map(({ key }) => key));
    await this.#files?.delete((name) => !keys.has(name.split('.')[0]!));
  }

  async #count({ key, recipe }: ContextRecord, { usage }: GenerationResult): Promise<void> {
    const { store, onError } = this.#options;
    const { drafted = 0, accepted = 0 } = usage.drafts?.['prepared'] ?? {};
    const tokens = usage.completionTokens;
    const base = this.#recipes.get(recipe)?.recipe.base ?? '';
    const passes = usage.models[base]?.forwards ?? 0;
    const hits = accepted > 0 && 2 * accepted >= tokens ? 1 : 0;
    try {
      await store.count(key, { asks: 1, hits, drafted, accepted, tokens, passes });
      this.#worker.wake();
    } catch (error) {
      onError?.(error, 'counting what a context is used for');
    }
  }
}

function refuse(option: string, what: string): InvalidOptionError {
  return new InvalidOptionError(option, `${option} ${what}`);
}

function notFound(id: string): ContextError {
  const what = `There is no context ${JSON.stringify(id.slice(0, 100))}.`;
  return new ContextError('context_not_found', what);
}
