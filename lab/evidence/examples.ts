// Tuning pairs that are shown to the base instead of tuning it.
import { z } from 'zod';

import type { Example } from '../../src/evaluation/index.ts';
import { readLines } from './lines.ts';

const exampleLine = z.union([
  z.object({ question: z.string(), answer: z.string() }),
  z
    .object({ prompt: z.string(), answer: z.string() })
    .transform(({ prompt, answer }) => ({ question: prompt, answer })),
]);

/** The first pairs of a file. */
export async function readExamples(file: string, count: number): Promise<Example[]> {
  return (await readLines(file, exampleLine)).slice(0, count);
}
