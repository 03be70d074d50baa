import type { ChatRequest } from '../api/wire.ts';

export type ConstraintKind = 'json' | 'regex' | 'choice';

/** What the reader has written about what answers must be; each kind keeps its own text. */
export interface ConstraintDraft {
  /** `null` leaves it to the recipe. */
  readonly kind: ConstraintKind | null;
  readonly texts: Readonly<Record<ConstraintKind, string>>;
}

export const emptyDraft: ConstraintDraft = {
  kind: null,
  texts: { json: '', regex: '', choice: '' },
};

/** The parameters of a request that say what its answer must be. */
export type ConstraintFields = Pick<ChatRequest, 'response_format' | 'regex' | 'choice'>;

/** What a draft asks for; nothing while it is empty. `fault` is why it cannot be sent. */
export function readDraft({ kind, texts }: ConstraintDraft): {
  readonly fields: ConstraintFields;
  readonly fault: string | null;
} {
  const text = kind === null ? '' : texts[kind];
  if (kind === null || text.trim() === '') return { fields: {}, fault: null };
  if (kind === 'regex') return { fields: { regex: text }, fault: null };
  if (kind === 'choice') {
    return { fields: { choice: text.split('\n').filter((line) => line !== '') }, fault: null };
  }
  try {
    const schema: unknown = JSON.parse(text);
    const format = { type: 'json_schema', json_schema: { name: 'answer', schema } } as const;
    return { fields: { response_format: format }, fault: null };
  } catch (error) {
    return { fields: {}, fault: `This is not JSON yet: ${(error as Error).message}.` };
  }
}
