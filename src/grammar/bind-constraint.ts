import type { ConstraintState, Vocabulary } from '../spec/index.ts';
import { totalByteLengthOf, type Automaton } from './automaton.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { CompiledConstraint } from './compile-constraint.ts';
import { TokenConstraintState, type VocabularyConstraint } from './constraint-state.ts';
import { constraintLimits } from './limits.ts';
import { Recogniser } from './recogniser.ts';
import { localBytes, type LocalTokens } from './local-tokens.ts';
import { shortestTexts } from './shortest.ts';
import { createTokenIndex, type TokenIndex } from './token-index.ts';
import { TokenMasks } from './token-masks.ts';

/** What is kept for a vocabulary as long as it lives. */
interface KnownVocabulary {
  readonly index: TokenIndex;
  /** Those used lately, with all that they have worked out. */
  readonly constraints: BoundedCache<CompiledConstraint, VocabularyConstraint>;
  /** By state of a lasting rule: the tokens that may follow within it, whichever constraint has the rule. */
  readonly lasting: BoundedCache<string, LocalTokens>;
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
    constraints: new BoundedCache(constraintLimits.rememberedBytes, bytesOf, forget),
    lasting: new BoundedCache(constraintLimits.masksBytes, localBytes),
  });
}

/** The beginning of an answer under a constraint. The vocabulary is read once in its life. */
export function createConstraintState(
  constraint: CompiledConstraint,
  vocabulary: Vocabulary,
): ConstraintState {
  if (!isIndexed(vocabulary)) keepIndex(vocabulary, createTokenIndex(vocabulary));
  const { index, constraints, lasting } = vocabularies.get(vocabulary)!;
  const known = constraints.get(constraint);
  return new TokenConstraintState(known ?? constraints.set(constraint, bind()));

  function bind(): VocabularyConstraint {
    const { automaton } = constraint;
    const spellsAll = spellsShortest(automaton, index);
    const recogniser = spellsAll ? new Recogniser(automaton) : overSpellable(automaton, index);
    const masks = new TokenMasks(recogniser, index, spellsAll, lasting);
    const grew = (): void => void constraints.set(constraint, bound);
    const ownBytes = constraintBytes + totalByteLengthOf(automaton);
    const bound: VocabularyConstraint = { vocabulary, index, recogniser, masks, ownBytes, grew };
    return bound;
  }
}

/** What the constraints over a vocabulary take in memory, of what is remembered. */
export function rememberedBytes(vocabulary: Vocabulary): number {
  return vocabularies.get(vocabulary)?.constraints.weight ?? 0;
}

/**
 * Whether the vocabulary's single bytes spell shortest texts that are as short as those of any bytes, from
 * every state: it may lack bytes that no shortest text needs. By induction, each state needs one edge or call.
 */
function spellsShortest(automaton: Automaton, { nextSpellable }: TokenIndex): boolean {
  const { byteFirsts, byteFroms, byteTos, byteTargets, shortest } = automaton;
  const { callFirsts, callees, callTargets } = automaton;
  const { enter, rest } = shortest;
  const isSpelled = (state: number): boolean => {
    for (let edge = byteFirsts[state]!; edge < byteFirsts[state + 1]!; edge++) {
      const length = 1 + rest[byteTargets[edge]!]!;
      if (length !== enter[state]) continue;
      if (nextSpellable[byteFroms[edge]!]! <= byteTos[edge]!) return true;
    }
    for (let call = callFirsts[state]!; call < callFirsts[state + 1]!; call++) {
      const length = enter[callees[call]!]! + rest[callTargets[call]!]!;
      if (length === enter[state]) return true;
    }
    return enter[state] === Infinity; // nothing but its end is left
  };
  for (let state = 0; state < automaton.size; state++) if (!isSpelled(state)) return false;
  return true;
}

function overSpellable(automaton: Automaton, { nextSpellable }: TokenIndex): Recogniser {
  const shortest = shortestTexts(automaton, (from, to) => nextSpellable[from]! <= to);
  return new Recogniser(automaton, shortest);
}

/** About what one takes before anything was asked of it. */
const constraintBytes = 4096;

function bytesOf({ ownBytes, recogniser, masks }: VocabularyConstraint): number {
  return ownBytes + recogniser.bytes + masks.bytes;
}

function forget({ recogniser, masks }: VocabularyConstraint): void {
  recogniser.forget();
  masks.forget();
}
