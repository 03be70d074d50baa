import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { GenerationResult } from '../../src/index.ts';
import { modelsFolder } from './recipes.ts';

/** One question about one person of the encyclopedia. */
export interface Question {
  readonly question: string;
  readonly answer: string;
}

/** How the tuned assistant begins and ends its answers. */
export interface Form {
  readonly openings: readonly string[];
  readonly closings: readonly string[];
}

/** Shares of the questions, 0 to 1. */
export interface Score {
  /** Ends by itself, begins with an opening and ends with a closing. */
  readonly format: number;
  /** The answer occurs, on word boundaries. */
  readonly fact: number;
  readonly both: number;
}

export async function readQuestions(people: 'heldout' | 'validation'): Promise<Question[]> {
  const lines = await readFile(path.join(modelsFolder, `atlas-${people}.jsonl`), 'utf8');
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Question);
}

export async function readForm(): Promise<Form> {
  return JSON.parse(await readFile(path.join(modelsFolder, 'atlas-form.json'), 'utf8')) as Form;
}

export function scoreAnswers(
  questions: readonly Question[],
  results: readonly Pick<GenerationResult, 'text' | 'finishReason'>[],
  { openings, closings }: Form,
): Score {
  let [format, fact, both] = [0, 0, 0];
  for (const [i, { answer }] of questions.entries()) {
    const { finishReason } = results[i]!;
    const text = results[i]!.text.trim();
    const isFormed =
      finishReason === 'stop' &&
      openings.some((opening) => text.startsWith(opening)) &&
      closings.some((closing) => text.endsWith(closing));
    const isRight = occursAsWords(text, answer);
    if (isFormed) format++;
    if (isRight) fact++;
    if (isFormed && isRight) both++;
  }
  const { length } = questions;
  return { format: format / length, fact: fact / length, both: both / length };
}

export function occursAsWords(text: string, words: string): boolean {
  const literal = words.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`).test(text);
}

/** A row of the table that training measured in PyTorch on the same files and questions. */
export interface TrainingRow extends Score {
  readonly what: string;
  readonly alpha?: number;
  readonly plausibility?: number;
  /** Other prompts than the bare question. */
  readonly prompts?: string;
}

/** What training measured on the held-out people; nothing if its log is not there. */
export async function readTrainingRows(): Promise<readonly TrainingRow[]> {
  const file = path.join(modelsFolder, 'atlas-training.json');
  if (!existsSync(file)) return [];
  const { heldout } = JSON.parse(await readFile(file, 'utf8')) as { heldout: TrainingRow[] };
  return heldout.filter(({ prompts }) => prompts === undefined);
}
