import type { z } from 'zod';

import { answerContent, basisContent, profileContent, questionContent } from '../schemas.ts';
import type { Table } from './rows.ts';

export type ProfileContent = z.infer<typeof profileContent>;
export type AnswerContent = z.infer<typeof answerContent>;
export type QuestionContent = z.infer<typeof questionContent>;
export type BasisContent = z.infer<typeof basisContent>;

export const profiles: Table<ProfileContent> = {
  name: 'profiles',
  keys: ['owner', 'id'],
  content: profileContent,
};

export const answers: Table<AnswerContent> = {
  name: 'answers',
  keys: ['owner', 'profile_id', 'sequence', 'id'],
  content: answerContent,
};

export const questions: Table<QuestionContent> = {
  name: 'questions',
  keys: ['owner', 'profile_id', 'position', 'id', 'state'],
  content: questionContent,
};

export const bases: Table<BasisContent> = {
  name: 'bases',
  keys: ['id'],
  content: basisContent,
};
