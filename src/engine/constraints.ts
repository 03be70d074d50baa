import { compileConstraint, createConstraintState } from '../grammar/index.ts';
import type { Constraint, ConstraintState, Vocabulary } from '../spec/index.ts';

/**
 * A constraint at the beginning of an answer of at most `maxTokens` tokens.
 * @throws ConstraintError, also if no answer is short enough.
 */
export function startConstraint(
  constraint: Constraint | null,
  vocabulary: Vocabulary,
  maxTokens: number,
): ConstraintState | null {
  if (constraint === null) return null;
  const state = createConstraintState(compileConstraint(constraint), vocabulary);
  state.mask(maxTokens); // that there is an answer is known before any model runs
  return state;
}
