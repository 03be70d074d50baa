import type { AttributeSummary, PreferenceAnswer } from '../preference/index.ts';
import type { Recipe } from '../recipe/index.ts';
import type { InferenceService } from '../spec/index.ts';
import type { ProfileExport, ProfileStore } from '../store/index.ts';
import type { ProfileLimits } from './limits.ts';
import type { Steering } from './steering.ts';

/**
 * What users like, learned from their answers to "which do you prefer?". Every call names the owner:
 * what is another's is as if it did not exist.
 *
 * A profile belongs to a basis, the attributes of a recipe and how they are measured, and serves every
 * recipe of that basis. Where a call takes a recipe and none is named, it is the first one of the
 * profile's basis.
 *
 * @throws ProfileNotFoundError wherever the owner has no such profile.
 * @throws ModelNotFoundError for a recipe that is not served.
 * @throws InvalidOptionError for a recipe without profiles or of another basis (it says which attributes
 *   differ), and for what cannot be kept: where an owner has as much as one may have, the option is that
 *   limit, `limits.profiles` or `limits.answers`.
 * @throws StoreError if the disk cannot be written or read.
 * @throws DisposedError after it was disposed of, which ends what is being prepared.
 */
export interface Profiles extends AsyncDisposable {
  /** A profile that knows nothing yet. @throws InvalidOptionError if the owner has one of that id. */
  create(owner: string, profile: NewProfile): Promise<ProfileView>;
  get(owner: string, id: string, recipe?: string): Promise<ProfileView>;
  /** Oldest first. */
  list(owner: string): Promise<ProfileEntry[]>;
  /** Takes every trace of it from the store. */
  delete(owner: string, id: string): Promise<void>;
  /** Begins anew: answers given so far no longer count. The user's own values stay. */
  reset(owner: string, id: string): Promise<ProfileView>;
  /** Everything of a profile as one JSON document, without its owner. */
  export(owner: string, id: string): Promise<ProfileExport>;
  /** A profile from such a document, which may be anything, under its own id or another. */
  import(owner: string, document: unknown, id?: string): Promise<ProfileView>;
  /**
   * The user's own weights in place of learned ones, by attribute, −{@link largestOverride} to
   * {@link largestOverride}; all at once: what is not named is learned again.
   */
  setOverrides(
    owner: string,
    id: string,
    overrides: Readonly<Record<string, number>>,
  ): Promise<ProfileView>;
  /**
   * The pair to show next: the one whose answer is expected to teach most. The same one until it is
   * answered. Waits only where none is prepared; rejects then with the signal's reason, or with what
   * the recipe failed with.
   */
  question(owner: string, id: string, options?: QuestionRequest): Promise<ProfileQuestion | Enough>;
  /**
   * What the user said of a question. The same answer to the same question again changes nothing.
   * @throws InvalidOptionError for a question that was not asked, or was answered otherwise.
   */
  answer(owner: string, id: string, answer: QuestionAnswer): Promise<ProfileView>;
  /**
   * What a request must ask of the recipe for the profile to act: see `withSteering`. Empty where it
   * knows too little to act: then the answer is exactly that of the recipe.
   */
  steering(owner: string, id: string, recipe?: string): Promise<Steering>;
}

export interface ProfilesOptions {
  /** Answers the questions' prompts. Not disposed of. */
  readonly service: InferenceService;
  /** Keeps the users. Not disposed of. */
  readonly store: ProfileStore;
  /** Those that the service serves, under the same names. */
  readonly recipes: readonly Recipe[];
  /**
   * Begin to prepare questions when a profile is made or looked at, so that nobody waits for the first
   * one; `true` by default. Else the first question does.
   */
  readonly preparesAhead?: boolean;
  /** Of the questions and of which answer comes first; drawn at random by default. */
  readonly seed?: number;
  /** Over {@link profileLimits}. */
  readonly limits?: Partial<ProfileLimits>;
}

export interface NewProfile {
  readonly recipe: string;
  /** 1 to 128 letters, digits and `_ . : -`; drawn at random where none is given. */
  readonly id?: string | undefined;
  /** For people. */
  readonly name?: string | undefined;
}

/** A profile in a list. Times are milliseconds since 1970. */
export interface ProfileEntry {
  readonly id: string;
  readonly name: string | null;
  /** Names of the served recipes that it can be used with. */
  readonly recipes: readonly string[];
  /** Answers that count: those since the last reset. */
  readonly answers: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What is known of a user, in numbers and words. */
export interface ProfileView extends ProfileEntry {
  /** Whose words, caution and strength these are. */
  readonly recipe: string;
  /** In the recipe's order. */
  readonly attributes: readonly AttributeView[];
  /** One line, the clearest first: `clearly prefers brevity; unsure about formality`. */
  readonly text: string;
  /** Whether there is more to ask; `expectedAnswers` is about how many there will have been. */
  readonly state: Asking | Enough;
}

export interface Asking {
  readonly kind: 'asking';
  readonly expectedAnswers: number;
}

/** Why there is nothing more to ask. */
export interface Enough {
  readonly kind: 'enough';
  /** Enough were asked, no answer is expected to teach much, or the recipe has no other answers. */
  readonly reason: 'count' | 'gain' | 'none left';
}

/** One attribute: log-odds of a choice for one more standard deviation of it. */
export interface AttributeView extends AttributeSummary {
  /** What users like who want more of it, and less. */
  readonly high: string;
  readonly low: string;
  /** The user's own value, in place of the learned one. */
  readonly override: number | null;
  /** What the recipe is steered with. */
  readonly weight: number;
}

export interface QuestionRequest {
  readonly recipe?: string | undefined;
  /** Called while no question is ready: at once, and then with every token. */
  readonly onProgress?: ((progress: QuestionProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How much is written of the answers that the next question is made of. */
export interface QuestionProgress {
  readonly tokens: number;
  /** If neither ends by itself. */
  readonly most: number;
}

/** Two answers to one prompt. Which of them comes first is chance. */
export interface ProfileQuestion {
  readonly kind: 'ask';
  readonly id: string;
  readonly prompt: string;
  readonly first: string;
  readonly second: string;
  /** Which one it is, from 1, and about how many there will be. */
  readonly number: number;
  readonly expected: number;
}

export interface QuestionAnswer {
  /** Id of the question: one answer each. */
  readonly question: string;
  readonly outcome: PreferenceAnswer;
}

/** Of a user's own value: a weight of 10 already decides every choice. */
export const largestOverride = 10;
