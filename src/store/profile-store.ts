import type { ProfileExport } from './export.ts';
import type {
  AnswerRecord,
  BasisRecord,
  NewAnswer,
  NewProfileRecord,
  NewQuestion,
  ProfileRecord,
  QuestionRecord,
  SetAsideRecord,
} from './records.ts';

/** The posterior after an answer. Called once, inside the write; must not call the store. */
export type UpdatePosterior = (profile: ProfileRecord, answer: AnswerRecord) => unknown;

/** What became of an answer. */
export interface AnswerReceipt {
  readonly answer: AnswerRecord;
  readonly profile: ProfileRecord;
  /** Whether the answer had been there already: nothing was written. */
  readonly isRepeated: boolean;
}

/**
 * What is kept of users. Every call names the owner: what is another's is as if it did not exist. A
 * call that resolves has been written durably; one that rejects has changed nothing.
 *
 * @throws ProfileNotFoundError wherever the owner has no such profile.
 * @throws InvalidOptionError naming the place of what cannot be stored.
 * @throws StoreError if the disk cannot be written or read. With reason `corrupt` it names what was set
 *   aside; the rest goes on.
 * @throws DisposedError after the store was disposed of.
 */
export interface ProfileStore extends AsyncDisposable {
  /** @throws InvalidOptionError if the owner has a profile of this id. */
  createProfile(profile: NewProfileRecord): Promise<ProfileRecord>;
  getProfile(owner: string, id: string): Promise<ProfileRecord>;
  /** Oldest first. Those that were set aside are not among them. */
  listProfiles(owner: string): Promise<ProfileRecord[]>;
  /** Takes every trace of it from the store: answers, questions, and what was set aside of it. */
  deleteProfile(owner: string, id: string): Promise<void>;

  /**
   * Appends an answer, and the posterior after it, in one write; the question it names is answered.
   * The same answer under the same id again changes nothing and gives the first one back.
   * @throws InvalidOptionError for another answer under a known id, and for a question that is not open.
   */
  appendAnswer(
    owner: string,
    profileId: string,
    answer: NewAnswer,
    update: UpdatePosterior,
  ): Promise<AnswerReceipt>;
  /** All of them, also those from before a reset, in the order in which they were given. */
  listAnswers(owner: string, profileId: string): Promise<AnswerRecord[]>;
  /** The user's own values, in place of learned ones: by attribute, all at once. */
  setOverrides(
    owner: string,
    id: string,
    overrides: Readonly<Record<string, number>>,
  ): Promise<ProfileRecord>;
  /**
   * Begins anew with this posterior. Answers given so far no longer count; they stay in the list and
   * in the export. Overrides and questions stay as they are.
   */
  resetProfile(owner: string, id: string, posterior: unknown): Promise<ProfileRecord>;

  /** Adds questions prepared ahead. @throws InvalidOptionError if the profile has one of such an id. */
  addQuestions(
    owner: string,
    profileId: string,
    questions: readonly NewQuestion[],
  ): Promise<QuestionRecord[]>;
  /** In the order in which they were added: the first one is next. */
  openQuestions(owner: string, profileId: string): Promise<QuestionRecord[]>;

  /** Everything of a profile as one JSON document, without its owner. */
  exportProfile(owner: string, id: string): Promise<ProfileExport>;
  /**
   * A profile from such a document, under its own id or another.
   * @throws InvalidOptionError naming the place in the document, or if the owner has that id already.
   */
  importProfile(owner: string, document: unknown, id?: string): Promise<ProfileRecord>;

  /** Keeps a basis. Bases are everybody's. @throws InvalidOptionError if another has the id. */
  putBasis(id: string, data: unknown): Promise<BasisRecord>;
  /** `null` if there is none. */
  getBasis(id: string): Promise<BasisRecord | null>;

  /**
   * Reads every row; damaged ones are set aside.
   * @returns What is set aside in all.
   * @throws StoreError with reason `corrupt` if the damage is not one of rows.
   */
  verify(): Promise<SetAsideRecord[]>;
  /** What was set aside so far, oldest first: for whoever runs the store, not for its users. */
  setAside(): Promise<SetAsideRecord[]>;
}
