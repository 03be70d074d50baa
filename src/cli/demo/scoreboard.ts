import type { InferenceService } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { formatPercent } from '../render/numbers.ts';
import { renderTable, rightAligned } from '../render/table.ts';
import { requestOf, type DemoSystem } from './systems.ts';
import { grade, type Grade, type Question } from './questions.ts';

export interface Score {
  readonly system: DemoSystem;
  readonly polite: number;
  readonly right: number;
  readonly both: number;
}

/** Asks everybody every question, all at once, and counts. Shares of the questions, 0 to 1. */
export async function keepScore(
  { interruption }: Cli,
  service: InferenceService,
  systems: readonly DemoSystem[],
  questions: readonly Question[],
  openings: readonly string[],
): Promise<Score[]> {
  const { signal } = interruption;
  const ask = async (system: DemoSystem, question: Question): Promise<Grade> => {
    const { text } = await service.stream(requestOf(service, system, question.question, signal))
      .result;
    return grade(text, question, openings);
  };
  return Promise.all(
    systems.map(async (system) => {
      const grades = await Promise.all(questions.map((question) => ask(system, question)));
      const share = (has: (grade: Grade) => boolean) => grades.filter(has).length / grades.length;
      return {
        system,
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
    scores.map(({ system, polite, right, both }, i) => {
      const style = i === scores.length - 1 ? bold : (text: string) => text;
      return [style(system.title), ...[polite, right, both].map(formatPercent).map(style)];
    }),
    dim,
  );
}
