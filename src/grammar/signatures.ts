import type { FiniteAutomaton, ShortestTexts } from './automaton.ts';

/**
 * Tells states apart by their signatures: their block, to which blocks their edges lead, and how much longer than
 * the shortest each way is. States that are told apart by neither are alike in what follows and in what it costs.
 */
export class Signatures {
  readonly #automaton: FiniteAutomaton;
  readonly #shortest: ShortestTexts;
  readonly #blockOf: Int32Array;

  /** @param blockOf - By state: its block, as it is when states are grouped. */
  constructor(automaton: FiniteAutomaton, shortest: ShortestTexts, blockOf: Int32Array) {
    this.#automaton = automaton;
    this.#shortest = shortest;
    this.#blockOf = blockOf;
  }

  /** States of equal signatures together. */
  group(states: readonly number[]): readonly (readonly number[])[] {
    const groups: number[][] = [];
    const earlier: number[] = []; // by group: the one before it with the same hash, or -1
    const lastOf = new Map<number, number>();
    for (let i = 0; i < states.length; i++) {
      const state = states[i]!;
      const hash = this.#hash(state);
      const last = lastOf.get(hash) ?? -1;
      let at = last;
      while (at !== -1 && !this.#areEqual(groups[at]![0]!, state)) at = earlier[at]!;
      if (at !== -1) {
        groups[at]!.push(state);
        continue;
      }
      lastOf.set(hash, groups.push([state]) - 1);
      earlier.push(last);
    }
    return groups;
  }

  #hash(state: number): number {
    const { byteFirsts, byteFroms, byteTos, byteTargets, callFirsts } = this.#automaton;
    let hash = mix(0, this.#blockOf[state]!);
    const end = byteFirsts[state + 1]!;
    for (let edge = byteFirsts[state]!; edge < end;) {
      const last = this.#runEnd(edge, end);
      const target = byteTargets[edge]!;
      hash = mix(hash, (byteFroms[edge]! << 8) | byteTos[last]!);
      hash = mix(hash, this.#blockOf[target]!);
      hash = mix(hash, this.#shortest.rest[target]! - this.#shortest.enter[state]!);
      edge = last + 1;
    }
    if (callFirsts[state] === callFirsts[state + 1]) return hash;
    return mix(hash, this.#hashCalls(state));
  }

  /** The same in any order, and however often one occurs. */
  #hashCalls(state: number): number {
    const { callFirsts } = this.#automaton;
    let [least, most] = [Infinity, -Infinity];
    for (let call = callFirsts[state]!; call < callFirsts[state + 1]!; call++) {
      const { callees, callTargets } = this.#automaton;
      const callee = this.#blockOf[callees[call]!]!;
      const target = this.#blockOf[callTargets[call]!]!;
      const hash = mix(mix(mix(0, callee), target), this.#extraOf(state, call));
      least = Math.min(least, hash);
      most = Math.max(most, hash);
    }
    return mix(least, most);
  }

  #areEqual(a: number, b: number): boolean {
    return (
      this.#blockOf[a] === this.#blockOf[b] &&
      this.#haveEqualBytes(a, b) &&
      this.#haveEqualCalls(a, b)
    );
  }

  #haveEqualBytes(a: number, b: number): boolean {
    const { byteFirsts, byteFroms, byteTos, byteTargets } = this.#automaton;
    const { enter, rest } = this.#shortest;
    const [endA, endB] = [byteFirsts[a + 1]!, byteFirsts[b + 1]!];
    let [edgeA, edgeB] = [byteFirsts[a]!, byteFirsts[b]!];
    while (edgeA < endA && edgeB < endB) {
      const [lastA, lastB] = [this.#runEnd(edgeA, endA), this.#runEnd(edgeB, endB)];
      const [targetA, targetB] = [byteTargets[edgeA]!, byteTargets[edgeB]!];
      if (
        byteFroms[edgeA] !== byteFroms[edgeB] ||
        byteTos[lastA] !== byteTos[lastB] ||
        this.#blockOf[targetA] !== this.#blockOf[targetB] ||
        rest[targetA]! - enter[a]! !== rest[targetB]! - enter[b]!
      ) {
        return false;
      }
      edgeA = lastA + 1;
      edgeB = lastB + 1;
    }
    return edgeA === endA && edgeB === endB;
  }

  /** The last of the edges from `edge` on whose bytes go on with each other and lead to the same. */
  #runEnd(edge: number, end: number): number {
    const { byteFroms, byteTos, byteTargets } = this.#automaton;
    const { rest } = this.#shortest;
    let last = edge;
    while (
      last + 1 < end &&
      byteTos[last]! + 1 === byteFroms[last + 1] &&
      this.#blockOf[byteTargets[last + 1]!] === this.#blockOf[byteTargets[last]!] &&
      rest[byteTargets[last + 1]!] === rest[byteTargets[last]!]
    ) {
      last++;
    }
    return last;
  }

  #haveEqualCalls(a: number, b: number): boolean {
    const { callFirsts } = this.#automaton;
    const countA = callFirsts[a + 1]! - callFirsts[a]!;
    const countB = callFirsts[b + 1]! - callFirsts[b]!;
    if (countA === 0 || countB === 0) return countA === countB;
    const [ofA, ofB] = [this.#callTexts(a), this.#callTexts(b)];
    return ofA.size === ofB.size && [...ofA].every((call) => ofB.has(call));
  }

  #callTexts(state: number): Set<string> {
    const { callFirsts, callees, callTargets } = this.#automaton;
    const texts = new Set<string>();
    for (let call = callFirsts[state]!; call < callFirsts[state + 1]!; call++) {
      const callee = this.#blockOf[callees[call]!];
      const target = this.#blockOf[callTargets[call]!];
      texts.add(`${callee} ${target} ${this.#extraOf(state, call)}`);
    }
    return texts;
  }

  #extraOf(state: number, call: number): number {
    const { callees, callTargets } = this.#automaton;
    const { enter, rest } = this.#shortest;
    return enter[callees[call]!]! + rest[callTargets[call]!]! - enter[state]!;
  }
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
