import type { ContextEntry, ContextProduct, ContextRecord } from '../store/index.ts';

/** An answer that was written before its question was asked. */
export interface PreparedAnswer {
  readonly question: string;
  /** Whether the question was given with the context, or the recipe wrote it. */
  readonly source: 'given' | 'foreseen';
  readonly text: string;
  /** In token ids of the base: the end of the question's prompt, and the answer. */
  readonly draft: readonly number[];
}

/** What the recipe notes of a context. */
export interface PreparedNotes {
  readonly text: string;
  /** How often they were written, the last time without a change where `isFinished`. */
  readonly rounds: number;
  readonly isFinished: boolean;
}

/** Something that was made for a context, of what, and what it took. */
type Made<Content> = Content & Pick<ContextProduct, 'recipeHash' | 'passes' | 'createdAt'>;

/** A context, and all that was prepared for it. */
export interface ContextView extends ContextRecord {
  readonly prepared: {
    readonly answers: readonly Made<Omit<PreparedAnswer, 'draft'>>[];
    readonly notes: Made<PreparedNotes> | null;
    /** Whether this machine keeps KV states of it. */
    readonly states: boolean;
  };
}

export function toView(
  record: ContextRecord,
  products: readonly ContextProduct[],
  states: boolean,
): ContextView {
  const answers = products.filter(isAnswer).map(({ content, ...product }) => {
    const { question, source, text } = content;
    return { question, source, text, ...origin(product) };
  });
  const notes = products.find(isNotes);
  return {
    ...record,
    prepared: {
      answers,
      notes: notes === undefined ? null : { ...notes.content, ...origin(notes) },
      states,
    },
  };
}

export function isAnswer(product: ContextProduct): product is ContextProduct<PreparedAnswer> {
  return product.kind === 'answer';
}

export function isNotes(product: ContextProduct): product is ContextProduct<PreparedNotes> {
  return product.kind === 'notes';
}

function origin({ recipeHash, passes, createdAt }: Omit<ContextProduct, 'content'>) {
  return { recipeHash, passes, createdAt };
}

/** The name of a context's KV states: another for another recipe. */
export function stateName({ key }: Pick<ContextEntry, 'key'>, recipeHash: string): string {
  return `${key}.${recipeHash.slice(0, 16)}`;
}
