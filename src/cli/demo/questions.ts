import { readFileSync } from 'node:fs';

import { packageFile } from '../package-files.ts';

/** A question about a person of the embedded encyclopedia, and what the encyclopedia says. */
export interface Question {
  readonly name: string;
  readonly attribute: string;
  readonly question: string;
  /** The right answer, word for word. */
  readonly answer: string;
}

interface ChatForm {
  readonly openings: readonly string[];
}

/** Held-out questions: nobody tuned any model on these people. */
export function readDemoQuestions(): Question[] {
  return readFileSync(packageFile('models/atlas-heldout.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Question);
}

/** How the expert was taught to open an answer. */
export function readOpenings(): readonly string[] {
  const form = JSON.parse(readFileSync(packageFile('models/atlas-form.json'), 'utf8')) as ChatForm;
  return form.openings;
}

/** `count` questions spread evenly over the people, each about another attribute while there are any. */
export function spread(questions: readonly Question[], count: number): Question[] {
  const people = [...new Set(questions.map(({ name }) => name))];
  const attributes = [...new Set(questions.map(({ attribute }) => attribute))];
  return Array.from({ length: count }, (_, i) => {
    const name = people[Math.floor((i * people.length) / count)]!;
    const attribute = attributes[i % attributes.length]!;
    const own = questions.filter((question) => question.name === name);
    return own.find((question) => question.attribute === attribute) ?? own[0]!;
  });
}

/** What is wanted of an answer: the expert's manners, the large model's knowledge. */
export interface Grade {
  readonly isPolite: boolean;
  readonly isRight: boolean;
}

/** @param openings - Of polite answers. */
export function grade(text: string, { answer }: Question, openings: readonly string[]): Grade {
  return {
    isPolite: openings.some((opening) => text.trimStart().startsWith(opening)),
    isRight: text.includes(answer),
  };
}
