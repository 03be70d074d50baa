import type { AnswerRecord, BasisRecord, ProfileRecord, QuestionRecord } from '../records.ts';
import type { SoundRow } from './rows.ts';
import type { AnswerContent, BasisContent, ProfileContent, QuestionContent } from './tables.ts';

export function toProfileRecord(
  { key, content }: SoundRow<ProfileContent>,
  answersCount: number,
): ProfileRecord {
  const { lastSequence: _, resetSequence: __, ...fields } = content;
  return { owner: key['owner'] as string, id: key['id'] as string, ...fields, answersCount };
}

export function toAnswerRecord(
  { key, content }: SoundRow<AnswerContent>,
  { resetSequence }: ProfileContent,
): AnswerRecord {
  const sequence = key['sequence'] as number;
  return {
    id: key['id'] as string,
    profileId: key['profile_id'] as string,
    sequence,
    ...content,
    counts: sequence > resetSequence,
  };
}

export function toQuestionRecord({ key, content }: SoundRow<QuestionContent>): QuestionRecord {
  return {
    id: key['id'] as string,
    profileId: key['profile_id'] as string,
    state: key['state'] as QuestionRecord['state'],
    ...content,
  };
}

export function toBasisRecord({ key, content }: SoundRow<BasisContent>): BasisRecord {
  return { id: key['id'] as string, ...content };
}
