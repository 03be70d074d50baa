import type {
  Enough,
  ProfileQuestion,
  Profiles,
  ProfileView,
  QuestionProgress,
} from '../../profiles/index.ts';
import { localOwner } from './local-owner.ts';
import { outcomes, type OutcomeKey } from './outcomes.ts';

export interface Interviewer {
  /** Called while no question is ready. */
  waiting(progress: QuestionProgress): void;
  /** What the user says of a question; `null` ends the interview. */
  ask(question: ProfileQuestion): Promise<OutcomeKey | null>;
  /** Called once an answer is kept. */
  learned(view: ProfileView): void;
}

export interface InterviewEnd {
  /** Answers that were given now. */
  readonly answers: number;
  /** `null` if the user left before enough was asked. */
  readonly reason: Enough['reason'] | null;
}

/** Asks until enough is known or the user leaves. Every answer is kept before the next question. */
export async function interview(
  profiles: Profiles,
  user: string,
  recipe: string,
  interviewer: Interviewer,
  signal: AbortSignal,
): Promise<InterviewEnd> {
  const onProgress = (progress: QuestionProgress): void => interviewer.waiting(progress);
  for (let answers = 0; ; answers++) {
    const question = await profiles.question(localOwner, user, { recipe, onProgress, signal });
    if (question.kind === 'enough') return { answers, reason: question.reason };
    const key = await interviewer.ask(question);
    if (key === null) return { answers, reason: null };
    const given = { question: question.id, outcome: outcomes[key] };
    interviewer.learned(await profiles.answer(localOwner, user, given));
  }
}
