import { z } from '@hono/zod-openapi';

import type { ContextView } from '../../contexts/index.ts';
import type { ContextEntry } from '../../store/index.ts';
import { objectListOf, toSeconds } from './batch-shapes.ts';
import { strictObject } from './validation.ts';

/** `POST /v1/contexts`. What it may be is checked where contexts are kept. */
export const newContextBody = strictObject({
  recipe: z.string().max(512).openapi({ description: 'The recipe that it is prepared with.' }),
  text: z.string().openapi({ description: 'What answers are to know.' }),
  id: z.string().optional().openapi({ description: 'Drawn at random by default.' }),
  questions: z
    .array(z.string())
    .optional()
    .openapi({ description: 'Questions that are expected: they are answered first.' }),
}).openapi('NewContext');

const entry = {
  id: z.string(),
  object: z.literal('context'),
  created_at: z.int(),
  recipe: z.string(),
  characters: z.int(),
  sha256: z.string().openapi({ description: 'Of the text, in hex.' }),
  use: z
    .object({
      asks: z.int(),
      hits: z.int().openapi({ description: 'Asks at least half of whose answer was prepared.' }),
      drafted: z.int(),
      accepted: z.int(),
      tokens: z.int(),
      passes: z.int().openapi({ description: 'Forward passes of the base that answers took.' }),
      spent: z.int().openapi({ description: 'Such passes that preparing took.' }),
    })
    .openapi({ description: 'What was asked of it, and spent on it before.' }),
};

const origin = {
  recipe_hash: z.string(),
  passes: z.int(),
  created_at: z.int(),
};

const contextEntry = z.object(entry);

export const contextObject = z
  .object({
    ...entry,
    text: z.string(),
    questions: z.array(z.string()),
    prepared: z.object({
      answers: z.array(
        z.object({
          question: z.string(),
          source: z.enum(['given', 'foreseen']),
          text: z.string(),
          ...origin,
        }),
      ),
      notes: z
        .object({ text: z.string(), rounds: z.int(), finished: z.boolean(), ...origin })
        .nullable(),
      states: z.boolean().openapi({ description: 'Whether this server keeps KV states of it.' }),
    }),
  })
  .openapi('Context');

export const contextList = z.object(objectListOf(contextEntry)).openapi('ContextList');

export const deletedContext = z
  .object({ id: z.string(), object: z.literal('context'), deleted: z.literal(true) })
  .openapi('DeletedContext');

export function toContextEntry(context: ContextEntry): z.output<typeof contextEntry> {
  return {
    id: context.id,
    object: 'context',
    created_at: toSeconds(context.createdAt),
    recipe: context.recipe,
    characters: context.characters,
    sha256: context.hash,
    use: context.use,
  };
}

export function toContextObject(context: ContextView): z.output<typeof contextObject> {
  const { text, questions, prepared } = context;
  const { answers, notes, states } = prepared;
  return {
    ...toContextEntry({ ...context, characters: text.length }),
    text,
    questions: [...questions],
    prepared: {
      answers: answers.map(({ recipeHash, createdAt, ...answer }) => ({
        ...answer,
        recipe_hash: recipeHash,
        created_at: toSeconds(createdAt),
      })),
      notes: notes && {
        text: notes.text,
        rounds: notes.rounds,
        finished: notes.isFinished,
        recipe_hash: notes.recipeHash,
        passes: notes.passes,
        created_at: toSeconds(notes.createdAt),
      },
      states,
    },
  };
}
