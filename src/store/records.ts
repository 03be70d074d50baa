import type { PreferenceAnswer } from '../preference/index.ts';

/** Times are milliseconds since 1970. */
export interface ProfileRecord {
  readonly id: string;
  readonly owner: string;
  readonly name: string | null;
  /** Which basis the posterior is over. */
  readonly basis: string;
  /** JSON of `preference/`. */
  readonly posterior: unknown;
  /** The user's own values by attribute. */
  readonly overrides: Readonly<Record<string, number>>;
  /** Answers that count: those since the last reset. */
  readonly answersCount: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface NewProfileRecord {
  readonly owner: string;
  readonly id: string;
  readonly name?: string | undefined;
  readonly basis: string;
  readonly posterior: unknown;
}

/** Two texts to choose from. */
export interface ComparedTexts {
  readonly prompt: string;
  readonly first: string;
  readonly second: string;
  /** `φ(first) − φ(second)`, shape `[features]`. */
  readonly features: readonly number[];
}

export interface NewAnswer extends ComparedTexts {
  /** The idempotency key: one answer per profile and id. */
  readonly id: string;
  readonly outcome: PreferenceAnswer;
  /** The open question that it answers, if it is one of those prepared. */
  readonly questionId?: string | null | undefined;
}

export interface AnswerRecord extends ComparedTexts {
  readonly id: string;
  readonly profileId: string;
  /** Place among the profile's answers, from 1. */
  readonly sequence: number;
  readonly outcome: PreferenceAnswer;
  readonly questionId: string | null;
  readonly answeredAt: number;
  /** Whether it was given since the last reset. */
  readonly counts: boolean;
}

export type QuestionState = 'open' | 'answered';

/** A pair prepared ahead. */
export interface NewQuestion extends ComparedTexts {
  readonly id: string;
}

export interface QuestionRecord extends NewQuestion {
  readonly profileId: string;
  readonly state: QuestionState;
}

/** What features mean: shared by profiles, and never changed. */
export interface BasisRecord {
  readonly id: string;
  /** JSON of `preference/`. */
  readonly data: unknown;
  readonly createdAt: number;
}

/** A row that was damaged, or belonged to a profile that was. */
export interface SetAsideRecord {
  readonly table: string;
  /** The row's own key as it was found, e.g. `{ owner: 'a', id: 'b' }`. */
  readonly key: Readonly<Record<string, string | number>>;
  readonly reason: string;
  readonly setAsideAt: number;
}
