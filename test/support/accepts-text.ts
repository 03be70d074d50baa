import { createConstraintState, type CompiledConstraint } from '../../src/grammar/index.ts';
import { byteVocabulary } from './byte-vocabulary.ts';

const vocabulary = byteVocabulary();

/** Whether a text is a whole answer under a constraint: byte by byte, as an answer is written. */
export function acceptsText(compiled: CompiledConstraint, text: string): boolean {
  const state = createConstraintState(compiled, vocabulary);
  for (const byte of Buffer.from(text)) {
    if (!state.allows(byte, Infinity)) return false;
    state.accept(byte);
  }
  return state.canEnd;
}
