import { InvalidOptionError } from '../spec/index.ts';
import { check } from './check.ts';
import type { AnswerRecord, ProfileRecord, QuestionRecord } from './records.ts';
import { profileExport } from './schemas.ts';

/** A profile as one JSON document. It does not say whose it is. */
export interface ProfileExport {
  readonly format: 'trimtab-profile';
  readonly version: 1;
  readonly exportedAt: number;
  readonly profile: Omit<ProfileRecord, 'owner' | 'answersCount'>;
  readonly answers: readonly Omit<AnswerRecord, 'profileId'>[];
  readonly questions: readonly Omit<QuestionRecord, 'profileId'>[];
}

export function toProfileExport(
  record: ProfileRecord,
  answers: readonly AnswerRecord[],
  questions: readonly QuestionRecord[],
  exportedAt: number,
): ProfileExport {
  const { owner: _, answersCount: __, ...profile } = record;
  return {
    format: 'trimtab-profile',
    version: 1,
    exportedAt,
    profile,
    answers: answers.map(({ profileId: ___, ...answer }) => answer),
    questions: questions.map(({ profileId: ___, ...question }) => question),
  };
}

/** @throws InvalidOptionError naming the place of the first fault. */
export function parseProfileExport(document: unknown): ProfileExport {
  const parsed: ProfileExport = check(profileExport, document, 'document');
  checkAnswers(parsed);
  checkUnique(parsed.questions, 'questions');
  return parsed;
}

/** Answers are in the order of their sequences, those before a reset first. */
function checkAnswers({ answers }: ProfileExport): void {
  checkUnique(answers, 'answers');
  answers.forEach(({ sequence, counts }, i) => {
    const before = answers[i - 1];
    if (before === undefined) return;
    if (sequence <= before.sequence) {
      const fault = `${sequence} does not come after ${before.sequence}, the answer before it`;
      refuse(`answers[${i}].sequence`, fault);
    }
    if (before.counts && !counts) {
      refuse(`answers[${i}].counts`, 'is false, but an earlier answer counts');
    }
  });
}

function checkUnique(records: readonly { readonly id: string }[], list: string): void {
  const places = new Map<string, number>();
  records.forEach(({ id }, i) => {
    const first = places.get(id);
    if (first !== undefined) {
      refuse(`${list}[${i}].id`, `${JSON.stringify(id)} is also the id of ${list}[${first}]`);
    }
    places.set(id, i);
  });
}

function refuse(where: string, fault: string): never {
  const place = `document.${where}`;
  throw new InvalidOptionError(place, `${place}: ${fault}.`);
}
