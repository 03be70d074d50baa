import type { ConstraintState, Vocabulary } from '../spec/index.ts';
import { byteLengthOf, type Automaton } from './automaton.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { CompiledConstraint } from './compile-constraint.ts';
import { TokenConstraintState, type VocabularyConstraint } from './constraint-state.ts';
import { limits } from './limits.ts';
import { unpack } from './pack.ts';
import { Recogniser } from './recogniser.ts';
import { shortestTexts } from './shortest.ts';
import { createTokenIndex, type TokenIndex } from './token-index.ts';
import { TokenMasks } from './token-masks.ts';

/** What is kept for a vocabulary as long as it lives. */
interface KnownVocabulary {
  readonly index: TokenIndex;
  /** Those used lately, with all that they have worked out. */
  readonly constraints: BoundedCache<CompiledConstraint, VocabularyConstraint>;
}

const vocabularies = new WeakMap<Vocabulary, KnownVocabulary>();

/** Whether the vocabulary was read before. */
export function isIndexed(vocabulary: Vocabulary): boolean {
  return vocabularies.has(vocabulary);
}

export function keepIndex(vocabulary: Vocabulary, index: TokenIndex): void {
  vocabularies.set(vocabulary, {
    index,
    // What still is in use works it out again.
    constraints: new BoundedCache(limits.rememberedBytes, bytesOf, forget),
  });
}

/** The beginning of an answer under a constraint. The vocabulary is read once in its life. */
export function createConstraintState(
  constraint: CompiledConstraint,
  vocabulary: Vocabulary,
): ConstraintState {
  if (!isIndexed(vocabulary)) keepIndex(vocabulary, createTokenIndex(vocabulary));
  const { index, constraints } = vocabularies.get(vocabulary)!;
  const known = constraints.get(constraint);
  return new TokenConstraintState(known ?? constraints.set(constraint, bind()));

  function bind(): VocabularyConstraint {
    const { automaton } = constraint;
    const spellsAll = automaton.usedBytes.every(
      (isUsed, byte) => isUsed <= index.isSpellable[byte]!,
    );
    const recogniser = spellsAll ? new Recogniser(automaton) : overSpellable(automaton, index);
    const masks = new TokenMasks(recogniser, index, spellsAll);
    const grew = (): void => void constraints.set(constraint, bound);
    const bound: VocabularyConstraint = { vocabulary, index, recogniser, masks, grew };
    return bound;
  }
}

/** What the constraints over a vocabulary take in memory, of what is remembered. */
export function rememberedBytes(vocabulary: Vocabulary): number {
  return vocabularies.get(vocabulary)?.constraints.weight ?? 0;
}

function overSpellable(automaton: Automaton, { nextSpellable }: TokenIndex): Recogniser {
  const shortest = shortestTexts(unpack(automaton), (from, to) => nextSpellable[from]! <= to);
  return new Recogniser(automaton, shortest);
}

/** About what one takes before anything was asked of it. */
const constraintBytes = 4096;

function bytesOf({ recogniser, masks }: VocabularyConstraint): number {
  return constraintBytes + byteLengthOf(recogniser.automaton) + recogniser.bytes + masks.bytes;
}

function forget({ recogniser, masks }: VocabularyConstraint): void {
  recogniser.forget();
  masks.forget();
}
