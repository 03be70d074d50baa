/** A text that requests may stand before their messages, with what is known of its use. Times are milliseconds since 1970. */
export interface ContextRecord extends NewContextRecord {
  readonly owner: string;
  /** Unlike any other's, also of one that was deleted: what is made for it is named by it. */
  readonly key: string;
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
  readonly createdAt: number;
  readonly use: ContextUse;
}

export interface NewContextRecord {
  readonly id: string;
  /** Name of the recipe that it is prepared with. */
  readonly recipe: string;
  readonly text: string;
  /** That are expected by whoever stored it. */
  readonly questions: readonly string[];
}

/** A context without its text and questions. */
export interface ContextEntry extends Omit<ContextRecord, 'text' | 'questions'> {
  /** Of its text. */
  readonly characters: number;
}

/** Sums over what was asked of a context, and what was spent on it before. */
export interface ContextUse {
  /** Requests that were answered with it. */
  readonly asks: number;
  /** Of them, those of which at least half was an answer that was prepared. */
  readonly hits: number;
  /** Tokens that were drafted from prepared answers, those of them that came, and all tokens of the answers. */
  readonly drafted: number;
  readonly accepted: number;
  readonly tokens: number;
  /** Forward passes of the base that answers took, and that preparing took. */
  readonly passes: number;
  readonly spent: number;
}

/** What of a context's use changes. */
export type ContextUseChange = Readonly<Partial<ContextUse>>;

/** What was made for a context while nobody waited, and of what. */
export interface ContextProduct<Content = unknown> {
  readonly kind: ProductKind;
  /** Among those of its kind, from 0. */
  readonly position: number;
  /** Of the recipe that made it: what another made is of no use. */
  readonly recipeHash: string;
  /** Forward passes of the base that it took. */
  readonly passes: number;
  readonly createdAt: number;
  /** JSON. */
  readonly content: Content;
}

export type ProductKind = 'questions' | 'answer' | 'notes';
