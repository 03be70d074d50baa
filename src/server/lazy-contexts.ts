import type { Logger } from 'pino';

import type { AppliedContext, Contexts } from '../contexts/index.ts';
import { InvalidOptionError, type ChatPrompt } from '../spec/index.ts';
import { RefusedError } from './edge/errors.ts';
import type { ServedName } from './wire/model-name.ts';

type ContextAs = AppliedContext['used']['as'];

/** What a request says of a context. */
export interface RequestedContext {
  readonly context?: string | null | undefined;
  readonly contextAs?: string | null | undefined;
}

/** Stored contexts, opened at the first request that needs them: from then on they are prepared while nobody waits. */
export class LazyContexts implements AsyncDisposable {
  readonly #open: (() => Promise<Contexts>) | undefined;
  readonly #logger: Logger;
  #opening: Promise<Contexts> | undefined;
  #isDisposed = false;

  /** @param open - Called again after it failed. `undefined`: the server keeps none. */
  constructor(open: (() => Promise<Contexts>) | undefined, logger: Logger) {
    this.#open = open;
    this.#logger = logger;
  }

  /** @throws RefusedError if the server keeps none, or stops; StoreError if they cannot be opened. */
  async get(): Promise<Contexts> {
    if (this.#open === undefined) {
      throw new RefusedError('contexts_off', 'This server keeps no contexts: it has no store.');
    }
    if (this.#isDisposed) throw new RefusedError('server_stopping', 'The server is stopping.');
    this.#opening ??= this.#start(this.#open);
    return this.#opening;
  }

  /** The conversation with the context that a request names; `undefined` where it names none. */
  async apply(
    owner: string,
    { context: id, contextAs }: RequestedContext,
    { recipe, only }: ServedName,
    conversation: ChatPrompt,
  ): Promise<AppliedContext | undefined> {
    if (id === undefined || id === null) {
      if (contextAs === undefined || contextAs === null) return undefined;
      throw new InvalidOptionError(
        'contextAs',
        'trimtab.contextAs says how a context is seen, and trimtab.context names none.',
      );
    }
    const as = (contextAs ?? 'text') as ContextAs;
    const contexts = await this.get();
    const applied = await contexts.apply(owner, { id, as, recipe }, conversation);
    // What was prepared is of the composition.
    return only === undefined ? applied : { ...applied, prepared: {} };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    const contexts = await this.#opening?.catch(() => undefined);
    await contexts?.[Symbol.asyncDispose]();
  }

  async #start(open: () => Promise<Contexts>): Promise<Contexts> {
    try {
      return await open();
    } catch (error) {
      this.#opening = undefined;
      this.#logger.error({ err: error }, 'the contexts cannot be opened; the rest goes on');
      throw error;
    }
  }
}
