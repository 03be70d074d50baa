import { randomUUID } from 'node:crypto';

import type { Posterior } from '../preference/index.ts';
import { DisposedError, InvalidOptionError } from '../spec/index.ts';
import type {
  AnswerRecord,
  ComparedTexts,
  ProfileExport,
  ProfileRecord,
  QuestionRecord,
} from '../store/index.ts';
import { expectedAnswers, isEnough, nextStep, unseenPairs, type Asked } from './asking.ts';
import { attributeBasis, basisId } from './attribute-basis.ts';
import { readImport } from './imported-profile.ts';
import type { ProfileLimits } from './limits.ts';
import { toComparedTexts } from './prepared-pair.ts';
import { decidedWeights, describeUser, toEntry } from './profile-view.ts';
import { ProfiledRecipes } from './profiled-recipes.ts';
import {
  largestOverride,
  type Enough,
  type NewProfile,
  type ProfileEntry,
  type ProfileQuestion,
  type Profiles,
  type ProfilesOptions,
  type ProfileView,
  type QuestionAnswer,
  type QuestionRequest,
} from './profiles.ts';
import { QuestionPool } from './question-pool.ts';
import { SerialWork } from './serial-work.ts';
import { toSteering, type ProfiledRecipe, type Steering } from './steering.ts';
import { observationsOf, posteriorOf, toObservation, toStored } from './stored-posterior.ts';

export interface StoredProfilesOptions extends Required<ProfilesOptions> {
  readonly limits: ProfileLimits;
}

/** {@link Profiles} over a store. Only the pools of questions are in memory. */
export class StoredProfiles implements Profiles {
  readonly #options: StoredProfilesOptions;
  readonly #recipes: ProfiledRecipes;
  /** By the recipe's name. */
  readonly #pools = new Map<string, QuestionPool>();
  /** Two calls for one profile's question must not choose at the same time. */
  readonly #choosing = new SerialWork();
  /** Nor must two calls that add to an owner's profiles count them at the same time. */
  readonly #adding = new SerialWork();
  readonly #closed = new AbortController();

  constructor(options: StoredProfilesOptions) {
    this.#options = options;
    this.#recipes = new ProfiledRecipes(options.recipes);
  }

  async create(owner: string, given: NewProfile): Promise<ProfileView> {
    const store = this.#store();
    const recipe = this.#recipes.require(given.recipe);
    const data = attributeBasis(recipe.profile);
    const basis = basisId(data);
    const { id = randomUUID(), name } = given;
    await store.putBasis(basis, data);
    const posterior = toStored([]);
    const added = { owner, id, basis, posterior, ...(name !== undefined && { name }) };
    const profile = await this.#add(owner, () => store.createProfile(added));
    return this.#view(profile, recipe);
  }

  async get(owner: string, id: string, recipe?: string): Promise<ProfileView> {
    const profile = await this.#store().getProfile(owner, id);
    return this.#view(profile, await this.#recipeFor(profile, recipe));
  }

  async list(owner: string): Promise<ProfileEntry[]> {
    const profiles = await this.#store().listProfiles(owner);
    return profiles.map((profile) => toEntry(profile, this.#recipes.ofBasis(profile.basis)));
  }

  async delete(owner: string, id: string): Promise<void> {
    await this.#store().deleteProfile(owner, id);
  }

  async reset(owner: string, id: string): Promise<ProfileView> {
    const profile = await this.#store().resetProfile(owner, id, toStored([]));
    return this.#view(profile, await this.#recipeFor(profile));
  }

  async export(owner: string, id: string): Promise<ProfileExport> {
    return this.#store().exportProfile(owner, id);
  }

  async import(owner: string, document: unknown, id?: string): Promise<ProfileView> {
    const store = this.#store();
    const read = readImport(document, this.#options.limits);
    const { basis, observations, overrides, withPosterior } = read;
    const [name] = this.#recipes.ofBasis(basis);
    if (name === undefined) {
      throw new InvalidOptionError(
        'document.profile.basis',
        'The document is a profile of a recipe that is not here, nor is another that measures the same.',
      );
    }
    const recipe = this.#recipes.require(name);
    requireOverrides('document.profile.overrides', recipe, overrides);
    const posterior = posteriorOf(recipe.profile, observations);
    await store.putBasis(basis, attributeBasis(recipe.profile));
    const imported = withPosterior(toStored(posterior.observations));
    const profile = await this.#add(owner, () => store.importProfile(owner, imported, id));
    return this.#view(profile, recipe);
  }

  async setOverrides(
    owner: string,
    id: string,
    overrides: Readonly<Record<string, number>>,
  ): Promise<ProfileView> {
    const store = this.#store();
    const profile = await store.getProfile(owner, id);
    const recipe = await this.#recipeFor(profile);
    requireOverrides('overrides', recipe, overrides);
    return this.#view(await store.setOverrides(owner, id, overrides), recipe);
  }

  async question(
    owner: string,
    id: string,
    { recipe: name, onProgress, signal }: QuestionRequest = {},
  ): Promise<ProfileQuestion | Enough> {
    const profile = await this.#store().getProfile(owner, id);
    const recipe = await this.#recipeFor(profile, name);
    const pool = this.#pool(recipe);
    const asked = await this.#asked(profile, recipe);
    pool.prepare(unseenPairs(pool.pairs, asked).length);
    for (;;) {
      const { changes } = pool;
      const step = await this.#choosing.run(JSON.stringify([owner, id]), () =>
        this.#choose(profile, recipe, pool),
      );
      if (step.kind !== 'wait') return step;
      using _ = onProgress && pool.watch(onProgress);
      await pool.changed(changes, signal);
    }
  }

  async answer(
    owner: string,
    id: string,
    { question, outcome }: QuestionAnswer,
  ): Promise<ProfileView> {
    const store = this.#store();
    const profile = await store.getProfile(owner, id);
    const recipe = await this.#recipeFor(profile);
    const { prompt, first, second, features } = await this.#shown(profile, question);
    const given = { id: question, questionId: question, prompt, first, second, features, outcome };
    let posterior: Posterior | undefined;
    const receipt = await store.appendAnswer(owner, id, given, (before, answer) => {
      this.#requireRoom(answer);
      const observations = [...observationsOf(before), toObservation(answer)];
      posterior = posteriorOf(recipe.profile, observations);
      return toStored(posterior.observations);
    });
    return this.#view(receipt.profile, recipe, posterior);
  }

  async steering(owner: string, id: string, recipe?: string): Promise<Steering> {
    const profile = await this.#store().getProfile(owner, id);
    const of = await this.#recipeFor(profile, recipe);
    const posterior = posteriorIn(of, profile);
    return toSteering(of, decidedWeights(of.profile, posterior, profile.overrides));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new DisposedError('The profiles were disposed of.'));
    await Promise.all([...this.#pools.values()].map((pool) => pool[Symbol.asyncDispose]()));
  }

  /** Adds a profile, if the owner may have one more. */
  async #add(owner: string, work: () => Promise<ProfileRecord>): Promise<ProfileRecord> {
    const { profiles: most } = this.#options.limits;
    return this.#adding.run(owner, async () => {
      const { length } = await this.#store().listProfiles(owner);
      if (length < most) return work();
      throw new InvalidOptionError(
        'limits.profiles',
        `There are ${length} profiles, and one owner may have ${most}: delete one that is not needed.`,
      );
    });
  }

  #requireRoom({ sequence, profileId }: AnswerRecord): void {
    const { answers: most } = this.#options.limits;
    if (sequence <= most) return;
    throw new InvalidOptionError(
      'limits.answers',
      `The profile ${profileId} has had ${sequence - 1} answers, and one may have ${most}, those from ` +
        'before a reset included: export it if it shall be kept, delete it, and begin a new one.',
    );
  }

  /** The question that is open, or a new one, which is open then. */
  async #choose(
    profile: ProfileRecord,
    recipe: ProfiledRecipe,
    pool: QuestionPool,
  ): Promise<ProfileQuestion | Enough | { readonly kind: 'wait' }> {
    const store = this.#store();
    const { owner, id } = profile;
    const asked = await this.#asked(await store.getProfile(owner, id), recipe);
    const count = asked.posterior.observations.length;
    const [open] = await store.openQuestions(owner, id);
    if (open !== undefined) return toQuestion(open, count);
    const { pairs, state } = pool;
    const step = nextStep(asked, pairs, state === 'filling');
    const hasFailed = typeof state === 'object' && step.kind === 'enough';
    if (hasFailed && step.reason === 'none left') throw state.error;
    if (step.kind !== 'ask') return step;
    const reader = JSON.stringify([owner, id]);
    const texts = toComparedTexts(step.pair, this.#options.seed, reader);
    const [added] = await store.addQuestions(owner, id, [{ id: step.pair.id, ...texts }]);
    return toQuestion(added!, count);
  }

  /** The texts of a question that was asked. */
  async #shown({ owner, id }: ProfileRecord, question: string): Promise<ComparedTexts> {
    const isIt = (texts: { readonly id: string }) => texts.id === question;
    const open = (await this.#store().openQuestions(owner, id)).find(isIt);
    const shown = open ?? (await this.#store().listAnswers(owner, id)).find(isIt);
    if (shown !== undefined) return shown;
    throw new InvalidOptionError(
      'question',
      `The profile ${id} was not asked the question ${JSON.stringify(question)}: ask for one first.`,
    );
  }

  async #asked(
    profile: ProfileRecord,
    recipe: ProfiledRecipe,
    posterior = posteriorIn(recipe, profile),
  ): Promise<Asked> {
    const answers = await this.#store().listAnswers(profile.owner, profile.id);
    return { posterior, answers };
  }

  /** @param posterior - The profile's, where it is known already. */
  async #view(
    profile: ProfileRecord,
    recipe: ProfiledRecipe,
    posterior?: Posterior,
  ): Promise<ProfileView> {
    const asked = await this.#asked(profile, recipe, posterior);
    const pool = this.#pool(recipe);
    if (this.#options.preparesAhead) pool.prepare(unseenPairs(pool.pairs, asked).length);
    return {
      ...toEntry(profile, this.#recipes.ofBasis(profile.basis)),
      recipe: recipe.name,
      ...describeUser(recipe.profile, asked.posterior, profile.overrides),
      state: isEnough(asked, pool.pairs, pool.state === 'full') ?? {
        kind: 'asking',
        expectedAnswers: expectedAnswers(asked.posterior.observations.length + 1),
      },
    };
  }

  async #recipeFor(profile: ProfileRecord, name?: string): Promise<ProfiledRecipe> {
    const stored = await this.#store().getBasis(profile.basis);
    return this.#recipes.requireFor(profile, name, stored);
  }

  #pool(recipe: ProfiledRecipe): QuestionPool {
    const { service, seed } = this.#options;
    const pool = this.#pools.get(recipe.name) ?? new QuestionPool({ recipe, service, seed });
    this.#pools.set(recipe.name, pool);
    return pool;
  }

  /** @throws DisposedError */
  #store(): ProfilesOptions['store'] {
    this.#closed.signal.throwIfAborted();
    return this.#options.store;
  }
}

function posteriorIn({ profile }: ProfiledRecipe, record: ProfileRecord): Posterior {
  return posteriorOf(profile, observationsOf(record));
}

function toQuestion({ id, prompt, first, second }: QuestionRecord, count: number): ProfileQuestion {
  const number = count + 1;
  return { kind: 'ask', id, prompt, first, second, number, expected: expectedAnswers(number) };
}

/** @throws InvalidOptionError */
function requireOverrides(
  option: string,
  { name: recipe, profile }: ProfiledRecipe,
  overrides: Readonly<Record<string, number>>,
): void {
  const names = profile.attributes.map(({ name }) => name);
  for (const [name, value] of Object.entries(overrides)) {
    if (!names.includes(name)) {
      throw new InvalidOptionError(
        `${option}.${name}`,
        `The recipe ${recipe} has no attribute ${name}. It has ${names.join(', ')}.`,
      );
    }
    if (!(Math.abs(value) <= largestOverride)) {
      throw new InvalidOptionError(
        `${option}.${name}`,
        `${option}.${name} must be a number from ${-largestOverride} to ${largestOverride}, not ${value}.`,
      );
    }
  }
}
