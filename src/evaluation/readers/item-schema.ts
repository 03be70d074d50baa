import { z } from 'zod';

import { answerMetrics, type AnswerMetricName } from '../metrics/answer-metrics.ts';
import type { ItemDraft } from '../task.ts';

const text = z.string().min(1);
const texts = z.array(text);
const index = z.int().min(0);
const identified = { id: text.optional(), group: text.optional() };

const message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});

const prompt = z.union([
  text,
  z.strictObject({ text: z.string() }),
  z.strictObject({ messages: z.array(message).min(1) }),
]);

const choice = z
  .strictObject({
    ...identified,
    kind: z.literal('choice'),
    prompt,
    options: texts.min(2),
    right: z.array(index).min(1),
    best: index,
  })
  .refine(
    ({ options, right, best }) =>
      right.includes(best) &&
      right.length < options.length &&
      right.every((i) => i < options.length),
    'right must name some of the options, counted from 0, but not all, and best one of them',
  );

/** An item that comes from outside, its id perhaps left out. */
export const itemDraftSchema: z.ZodType<ItemDraft> = z.discriminatedUnion('kind', [
  z.strictObject({
    ...identified,
    kind: z.literal('generate'),
    prompt,
    references: texts,
    metrics: z.array(z.enum(Object.keys(answerMetrics) as AnswerMetricName[])),
  }),
  choice,
  z.strictObject({ ...identified, kind: z.literal('text'), text }),
  z.strictObject({ ...identified, kind: z.literal('answer'), prompt, answer: text }),
  z.strictObject({
    ...identified,
    kind: z.literal('cloze'),
    text,
    right: text,
    wrong: texts,
  }),
  z.strictObject({
    ...identified,
    kind: z.literal('program'),
    language: z.enum(['javascript', 'python']),
    prompt: text,
    tests: text,
    entryPoint: text.nullable(),
  }),
  z.strictObject({
    ...identified,
    kind: z.literal('pair'),
    prompt,
    chosen: text,
    rejected: text,
  }),
]);
