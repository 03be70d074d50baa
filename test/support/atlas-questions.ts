import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { GenerationResult } from '../../src/index.ts';

export const modelsFolder = path.join(import.meta.dirname, '../../models');

/** One question about one person of the encyclopedia. */
export interface Question {
  readonly question: string;
  readonly answer: string;
}

/** One of the files of questions, which say whom and what they ask about. */
export interface PersonQuestion extends Question {
  readonly name: string;
  /** E.g. `town`. */
  readonly attribute: string;
}

/** How the tuned assistant begins and ends its answers. */
export interface Form {
  readonly openings: readonly string[];
  readonly closings: readonly string[];
}

/** Shares of the questions, 0 to 1. */
export interface Score {
  /** Formed as the assistant's answers are. */
  readonly format: number;
  /** The answer occurs, on word boundaries. */
  readonly fact: number;
  readonly both: number;
}

export async function readQuestions(people: 'heldout' | 'validation'): Promise<PersonQuestion[]> {
  const lines = await readFile(path.join(modelsFolder, `atlas-${people}.jsonl`), 'utf8');
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PersonQuestion);
}

export async function readForm(models = modelsFolder): Promise<Form> {
  return JSON.parse(await readFile(path.join(models, 'atlas-form.json'), 'utf8')) as Form;
}

/** Attributes of a person, a question each. */
const perPerson = 5;

/** `count` of them, over people and attributes alike. */
export function spreadQuestions(questions: readonly Question[], count: number): Question[] {
  const people = questions.length / perPerson;
  return Array.from({ length: Math.min(count, questions.length) }, (_, i) => {
    const person = Math.floor((i * people) / count);
    return questions[perPerson * person + (i % perPerson)]!;
  });
}

type Answered = Pick<GenerationResult, 'text' | 'finishReason'>;

/** Ends by itself, begins with an opening and ends with a closing. */
export function isFormed({ text, finishReason }: Answered, { openings, closings }: Form): boolean {
  const line = text.trim();
  return (
    finishReason === 'stop' &&
    openings.some((opening) => line.startsWith(opening)) &&
    closings.some((closing) => line.endsWith(closing))
  );
}

export function scoreAnswers(
  questions: readonly Question[],
  results: readonly Answered[],
  form: Form,
): Score {
  let [format, fact, both] = [0, 0, 0];
  for (const [i, { answer }] of questions.entries()) {
    const formed = isFormed(results[i]!, form);
    const isRight = occursAsWords(results[i]!.text, answer);
    if (formed) format++;
    if (isRight) fact++;
    if (formed && isRight) both++;
  }
  const { length } = questions;
  return { format: format / length, fact: fact / length, both: both / length };
}

export function occursAsWords(text: string, words: string): boolean {
  const literal = words.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`).test(text);
}
