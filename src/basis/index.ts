export type { ComparedAnswers } from './compared-answers.ts';
export { learnBasis, type LearnBasisOptions } from './learn-basis.ts';
