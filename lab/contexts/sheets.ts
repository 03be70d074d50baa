import type { PersonQuestion } from '../../test/support/atlas-questions.ts';

/** What is known of a person, without anything else, and the questions about it. */
export interface Sheet {
  readonly name: string;
  readonly text: string;
  readonly questions: readonly string[];
}

const titles: Readonly<Record<string, string>> = {
  town: 'born in',
  year: 'year of birth',
  trade: 'trade',
  guild: 'member of',
  work: 'known for',
};

/** A sheet for each person, in the order of the questions. */
export function sheetsOf(questions: readonly PersonQuestion[]): Sheet[] {
  const byName = new Map<string, PersonQuestion[]>();
  for (const question of questions) {
    byName.set(question.name, [...(byName.get(question.name) ?? []), question]);
  }
  return Array.from(byName, ([name, own]) => ({
    name,
    text: `${name}: ${own.map(({ attribute, answer }) => `${titles[attribute] ?? attribute} ${answer}`).join(', ')}.`,
    questions: own.map(({ question }) => question),
  }));
}
