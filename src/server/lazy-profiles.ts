import type { Logger } from 'pino';

import type { Profiles, Steering } from '../profiles/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { OpenedLate } from '../waiting/index.ts';
import { RefusedError } from './edge/errors.ts';
import type { OpeningState } from './opening-state.ts';
import type { ServedName } from './wire/model-name.ts';

/** A profile, and what it asks of the recipe. */
export interface AppliedProfile extends Steering {
  readonly id: string;
}

/** What is known of users, opened at the first request that needs it. */
export class LazyProfiles implements AsyncDisposable {
  readonly #profiles: OpenedLate<Profiles> | undefined;
  readonly #logger: Logger;
  #state: OpeningState;
  #isDisposed = false;

  /** @param open - Called again after it failed. `undefined`: the server keeps no profiles. */
  constructor(open: (() => Promise<Profiles>) | undefined, logger: Logger) {
    this.#profiles = open && new OpenedLate(() => this.#open(open));
    this.#logger = logger;
    this.#state = open === undefined ? 'off' : 'closed';
  }

  get state(): OpeningState {
    return this.#state;
  }

  /** @throws RefusedError if the server keeps none, or stops; StoreError if they cannot be opened. */
  async get(): Promise<Profiles> {
    if (this.#profiles === undefined) {
      throw new RefusedError('profiles_off', 'This server keeps no profiles: it was told not to.');
    }
    if (this.#isDisposed) throw new RefusedError('server_stopping', 'The server is stopping.');
    return this.#profiles.get();
  }

  /** What a request's profile asks of the recipe; `undefined` where it names none. */
  async steering(
    owner: string,
    id: string | null | undefined,
    name: ServedName,
  ): Promise<AppliedProfile | undefined> {
    if (id === undefined || id === null) return undefined;
    const { recipe, only } = name;
    if (only !== undefined) {
      throw new InvalidOptionError(
        'trimtab.profile',
        `A profile steers a recipe, and ${recipe}/${only} is a model alone: ask for ${recipe}.`,
      );
    }
    const profiles = await this.get();
    try {
      return { id, ...(await profiles.steering(owner, id, recipe)) };
    } catch (error) {
      // The recipe is the request's model, and was found: it does not fit the profile.
      if (!(error instanceof InvalidOptionError)) throw error;
      throw new InvalidOptionError('trimtab.profile', error.message, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#profiles?.[Symbol.asyncDispose]();
  }

  async #open(open: () => Promise<Profiles>): Promise<Profiles> {
    try {
      const profiles = await open();
      this.#state = 'open';
      return profiles;
    } catch (error) {
      this.#state = 'failed';
      this.#logger.error({ err: error }, 'the profiles cannot be opened; the rest goes on');
      throw error;
    }
  }
}
