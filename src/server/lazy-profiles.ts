import type { Logger } from 'pino';

import type { Profiles, Steering } from '../profiles/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

/** What is known of users, opened at the first request that needs it. */
export class LazyProfiles implements AsyncDisposable {
  readonly #open: (() => Promise<Profiles>) | undefined;
  readonly #logger: Logger;
  #opening: Promise<Profiles> | undefined;

  /** @param open - Called again after it failed. `undefined`: the server keeps no profiles. */
  constructor(open: (() => Promise<Profiles>) | undefined, logger: Logger) {
    this.#open = open;
    this.#logger = logger;
  }

  /** @throws InvalidOptionError if the server keeps none; StoreError if they cannot be opened. */
  get(): Promise<Profiles> {
    if (this.#open === undefined) {
      throw new InvalidOptionError('profile', 'This server keeps no profiles: it was told not to.');
    }
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      this.#logger.error({ err: error }, 'the profiles cannot be opened');
      throw error;
    });
    return this.#opening;
  }

  /** What a request's profile asks of the recipe; nothing where it names none. */
  async steering(
    owner: string,
    id: string | undefined,
    { recipe, only }: { readonly recipe: string; readonly only?: string | undefined },
  ): Promise<Steering> {
    if (id === undefined) return {};
    if (only !== undefined) {
      throw new InvalidOptionError(
        'profile',
        `profile steers a recipe, and ${recipe}/${only} is a model alone: ask for ${recipe}.`,
      );
    }
    const profiles = await this.get();
    return profiles.steering(owner, id, recipe);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const profiles = await this.#opening?.catch(() => undefined);
    await profiles?.[Symbol.asyncDispose]();
  }
}
