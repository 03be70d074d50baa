import type { LoadedRecipe } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { formatPercent } from '../render/numbers.ts';
import { renderTable, rightAligned } from '../render/table.ts';
import type { DemoContender } from './contenders.ts';
import { grade, type Grade, type Question } from './questions.ts';

export interface Score {
  readonly contender: DemoContender;
  readonly polite: number;
  readonly right: number;
  readonly both: number;
}

/** Asks everybody every question, all at once, and counts. Shares of the questions, 0 to 1. */
export async function keepScore(
  { interruption }: Cli,
  trimtab: LoadedRecipe,
  contenders: readonly DemoContender[],
  questions: readonly Question[],
  openings: readonly string[],
): Promise<Score[]> {
  const { signal } = interruption;
  const ask = async (contender: DemoContender, question: Question): Promise<Grade> => {
    const { text } = await trimtab.generate(question.question, { ...contender.options, signal });
    return grade(text, question, openings);
  };
  return Promise.all(
    contenders.map(async (contender) => {
      const grades = await Promise.all(questions.map((question) => ask(contender, question)));
      const share = (has: (grade: Grade) => boolean) => grades.filter(has).length / grades.length;
      return {
        contender,
        polite: share(({ isPolite }) => isPolite),
        right: share(({ isRight }) => isRight),
        both: share(({ isPolite, isRight }) => isPolite && isRight),
      };
    }),
  );
}

export function renderScores(scores: readonly Score[], { out }: Pick<Cli, 'out'>): string[] {
  const { dim, bold } = out.palette;
  return renderTable(
    [{ title: '' }, ...['polite', 'right', 'polite and right'].map(rightAligned)],
    scores.map(({ contender, polite, right, both }, i) => {
      const style = i === scores.length - 1 ? bold : (text: string) => text;
      return [style(contender.title), ...[polite, right, both].map(formatPercent).map(style)];
    }),
    dim,
  );
}
