import { z } from 'zod';

import { preferenceAnswers } from '../preference/index.ts';
import type { ComparedAnswers } from '../basis/index.ts';
import { UsageError } from './failure.ts';
import { readText } from './named-file.ts';

const text = z.string().min(1);

const lineSchema = z.strictObject({
  user: text,
  prompt: text.optional(),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
    .min(1)
    .optional(),
  first: text,
  second: text,
  outcome: z.enum(preferenceAnswers),
});

/**
 * Compared answers of a JSONL file, one to a line; empty lines are left out.
 * @throws UsageError for a file that cannot be read, and for a line that is no comparison, with its number.
 */
export async function readComparisonLines(file: string): Promise<ComparedAnswers[]> {
  const content = await readText('data', file);
  const compared = content
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [parseLine(line, `${file}:${i + 1}`)]));
  if (compared.length === 0) throw new UsageError(`data: ${file} holds no comparison. ${example}`);
  return compared;
}

function parseLine(line: string, place: string): ComparedAnswers {
  const { data, error } = lineSchema.safeParse(parseJson(line, place));
  if (data === undefined) {
    const [issue] = error.issues;
    throw new UsageError(`${place}: ${[...issue!.path, issue!.message].join(': ')}. ${example}`);
  }
  const { prompt, messages, ...compared } = data;
  if ((prompt === undefined) === (messages === undefined)) {
    throw new UsageError(`${place}: give either prompt or messages. ${example}`);
  }
  return { ...compared, prompt: prompt ?? { messages: messages! } };
}

function parseJson(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new UsageError(`${place}: this is no JSON. ${example}`, { cause });
  }
}

const example =
  'A line is { "user": "ann", "prompt": "Who?", "first": "…", "second": "…", "outcome": "first" }.';
