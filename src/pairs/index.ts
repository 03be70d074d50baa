/** @packageDocumentation Pairs of experts and twins, made of conversations. */
export type { SampleAnswers } from './evaluate-pair.ts';
/** @public */
export type { PairComparison, PairVerdict } from './judge-pair.ts';
export { makePair, type MadePair, type MakePairOptions } from './make-pair.ts';
export { makeSkill, type MadeSkill, type MakeSkillOptions } from './make-skill.ts';
export type { PairProgress } from './progress.ts';
export { isTuningPythonThere } from './python-environment.ts';
/** @public */
export { TuningError } from './tuning-error.ts';
