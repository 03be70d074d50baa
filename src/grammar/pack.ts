import type { Automaton, FiniteAutomaton } from './automaton.ts';
import { callDepths } from './left-recursion.ts';
import type { LastingStates } from './lasting-states.ts';
import type { MinimalAutomaton } from './minimise.ts';

/** The finished automaton, with what its readers must know of it. @param minimal - No rule begins with itself. */
export function pack(
  { automaton, alike, shortest }: MinimalAutomaton,
  lasting: LastingStates,
): Automaton {
  return {
    ...automaton,
    alike,
    lasting,
    callDepths: callDepths(automaton, () => new Error('Minimising made a rule begin with itself.')),
    ...classifyBytes(automaton),
    shortest,
  };
}

function classifyBytes({
  byteFroms,
  byteTos,
}: FiniteAutomaton): Pick<Automaton, 'byteClasses' | 'byteClassCount'> {
  const isCut = new Uint8Array(257);
  for (const from of byteFroms) isCut[from] = 1;
  for (const to of byteTos) isCut[to + 1] = 1;
  const byteClasses = new Uint8Array(256);
  let last = 0;
  for (let byte = 1; byte < 256; byte++) byteClasses[byte] = isCut[byte] === 1 ? ++last : last;
  return { byteClasses, byteClassCount: last + 1 };
}
