import { compileConstraint, createConstraintState } from '../../src/grammar/index.ts';
import type { Constraint, Vocabulary } from '../../src/spec/index.ts';

/**
 * The constraint, compiled for a vocabulary on this thread: an engine that is asked for it finds it, and
 * starts no thread for it.
 */
export function compiledHere(constraint: Constraint, vocabulary: Vocabulary): Constraint {
  createConstraintState(compileConstraint(constraint), vocabulary);
  return constraint;
}
