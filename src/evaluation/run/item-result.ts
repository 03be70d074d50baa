import { z } from 'zod';

import { programFaults } from '../program-outcome.ts';

/** Which item of which task, and which system it was put to. */
const key = { task: z.string(), item: z.string(), system: z.string() };

const answer = z.strictObject({
  text: z.string(),
  tokenCount: z.int().min(0),
  finishReason: z.enum(['stop', 'length']),
});

/** A completed program, and how it ended with its tests. */
const sample = answer.extend({ outcome: z.enum(['passed', ...programFaults]) });

const continuation = z.strictObject({
  /** In nats; `null` is −Infinity: the system can never write it. */
  logprob: z.number().nullable(),
  tokenCount: z.int().min(1),
  isGreedy: z.boolean(),
});

/**
 * What a system did with an item: a line of `results.jsonl`. It holds nothing that differs between two
 * runs of the same seed.
 */
export const itemResultSchema = z.union([
  z.strictObject({
    ...key,
    /** By metric. */
    scores: z.record(z.string(), z.number()),
    /** What was generated; absent for programs and for what is scored. */
    answer: answer.optional(),
    /** The completions of a program, in the order of their seeds; absent for the rest. */
    samples: z.array(sample).min(1).optional(),
    /** What was scored, in the order of the item; absent for what is generated. */
    continuations: z.array(continuation).optional(),
  }),
  z.strictObject({ ...key, error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);

/** What an item's answers took together: a line of `costs.jsonl`. It depends on what ran beside it. */
export const itemCostSchema = z.strictObject({
  ...key,
  promptTokens: z.int().min(0),
  completionTokens: z.int().min(0),
  /** Forward passes that it took part in, and prompt tokens found in the cache, by model. */
  forwards: z.record(z.string(), z.int().min(0)),
  cachedTokens: z.record(z.string(), z.int().min(0)),
  prefillMs: z.number(),
  decodeMs: z.number(),
});

export type GeneratedAnswer = Readonly<z.infer<typeof answer>>;
export type ProgramSample = Readonly<z.infer<typeof sample>>;
export type ItemResult = Readonly<z.infer<typeof itemResultSchema>>;
export type FailedItem = Extract<ItemResult, { readonly error: object }>;
export type MeasuredItem = Exclude<ItemResult, FailedItem>;
export type ItemCost = Readonly<z.infer<typeof itemCostSchema>>;

export type ItemKey = Pick<ItemResult, 'task' | 'item' | 'system'>;

export function isFailed(result: ItemResult): result is FailedItem {
  return 'error' in result;
}

/** All that was generated for an item. */
export function answersOf(result: ItemResult): readonly GeneratedAnswer[] {
  if (isFailed(result)) return [];
  return result.samples ?? (result.answer === undefined ? [] : [result.answer]);
}

/** The same text for the same item of the same system. */
export function keyText({ task, item, system }: ItemKey): string {
  return JSON.stringify([task, item, system]);
}
