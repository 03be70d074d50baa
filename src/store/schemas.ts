import { z } from 'zod';

import { preferenceAnswers } from '../preference/index.ts';
import { findUnstorable } from './unstorable.ts';
import { storeLimits } from './limits.ts';

/** Ids are ASCII: every database compares them alike, and a message or URL shows them as they are. */
export const idPattern = /^[A-Za-z0-9][\w.:-]{0,127}$/;

export const id = z
  .string()
  .regex(
    idPattern,
    'must be 1 to 128 letters, digits or `_ . : -`, and begin with a letter or digit',
  );

export const owner = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, 'must be 1 to 256 printable ASCII characters without spaces');

const attribute = z
  .string()
  .regex(
    /^[A-Za-z][\w .:/-]{0,127}$/,
    'must be the name of an attribute: 1 to 128 letters, digits, spaces or `_ . : / -`',
  );

const text = z.string().max(storeLimits.textLength);
const time = z.int().min(0);

/** An array; one that is too long is refused before any element is looked at. */
function boundedArray<Element extends z.ZodType>(element: Element, most: number) {
  return z.array(z.unknown()).max(most).pipe(z.array(element));
}

/** Any JSON value, kept as it is. */
const json = z.unknown().superRefine((value, context) => {
  const fault = findUnstorable(value);
  if (fault === undefined) return;
  context.addIssue({ code: 'custom', path: [...fault.path], message: fault.message });
});

const name = z.string().min(1).max(storeLimits.nameLength);

export const overrides = z
  .unknown()
  // A record would drop it without a word.
  .refine((values) => !Object.hasOwn(Object(values), '__proto__'), 'has an attribute `__proto__`')
  .pipe(z.record(attribute, z.number()))
  .refine(
    (values) => Object.keys(values).length <= storeLimits.overrides,
    `has more than ${storeLimits.overrides} attributes`,
  );

export const newProfile = z.strictObject({
  owner,
  id,
  name: name.optional(),
  basis: id,
  posterior: json,
});

const comparedTexts = {
  prompt: text,
  first: text,
  second: text,
  features: boundedArray(z.number(), storeLimits.features),
};
const outcome = z.enum(preferenceAnswers);

export const newAnswer = z.strictObject({
  id,
  ...comparedTexts,
  outcome,
  questionId: id.nullable().default(null),
});

const newQuestion = z.strictObject({ id, ...comparedTexts });
export const newQuestions = boundedArray(newQuestion, storeLimits.questions);

export const posterior = json;
export const newBasis = z.strictObject({ id, data: json });

/** Of a row, without the columns of its key. */
export const profileContent = z.strictObject({
  name: name.nullable(),
  basis: id,
  posterior: json,
  overrides,
  /** Sequence of the last answer given, 0 for none. */
  lastSequence: z.int().min(0),
  /** Answers up to this sequence no longer count. */
  resetSequence: z.int().min(0),
  createdAt: time,
  updatedAt: time,
});

export const answerContent = z.strictObject({
  ...comparedTexts,
  outcome,
  questionId: id.nullable(),
  answeredAt: time,
});

export const questionContent = z.strictObject(comparedTexts);

export const basisContent = z.strictObject({ data: json, createdAt: time });

const exportedAnswer = z.strictObject({
  id,
  sequence: z.int().min(1),
  ...answerContent.shape,
  counts: z.boolean(),
});

const exportedQuestion = z.strictObject({
  id,
  state: z.enum(['open', 'answered']),
  ...comparedTexts,
});

export const profileExport = z.strictObject({
  format: z.literal('trimtab-profile'),
  version: z.literal(1),
  exportedAt: time,
  profile: z.strictObject({
    id,
    name: name.nullable(),
    basis: id,
    posterior: json,
    overrides,
    createdAt: time,
    updatedAt: time,
  }),
  answers: boundedArray(exportedAnswer, storeLimits.answers),
  questions: boundedArray(exportedQuestion, storeLimits.questions),
});
