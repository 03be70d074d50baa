import type { GenerateServiceRequest } from '../index.ts';

/** How a prompt shall be answered, and whom the answer is for. */
export type AnswerOptions = GenerateServiceRequest['options'] &
  Pick<GenerateServiceRequest, 'profile'>;
