import type { FiniteAutomaton } from './automaton.ts';

/** What of an automaton is left. */
interface Left {
  /** Whether an edge, or a return from a call, may lead to a state. */
  readonly leadsTo: (state: number) => boolean;
  /** Whether a rule that begins at a state may be called. */
  readonly calls: (state: number) => boolean;
}

const all: Left = { leadsTo: () => true, calls: () => true };

/** Writes a finite automaton state by state. */
export class AutomatonBuilder {
  readonly #finals: number[] = [];
  readonly #byteFirsts: number[] = [];
  readonly #byteFroms: number[] = [];
  readonly #byteTos: number[] = [];
  readonly #byteTargets: number[] = [];
  readonly #callFirsts: number[] = [];
  readonly #callees: number[] = [];
  readonly #callTargets: number[] = [];

  /** States begun. */
  get size(): number {
    return this.#finals.length;
  }

  /** Begins the next state, which the edges and calls that follow are of. */
  addState(isFinal: boolean): void {
    this.#byteFirsts.push(this.#byteFroms.length);
    this.#callFirsts.push(this.#callees.length);
    this.#finals.push(Number(isFinal));
  }

  /** An edge for the bytes from `from` to `to`, not before those added; it goes on with the last one if it can. */
  addBytes(from: number, to: number, target: number): void {
    const last = this.#byteFroms.length - 1;
    const goesOn =
      last >= this.#byteFirsts.at(-1)! &&
      this.#byteTos[last]! + 1 === from &&
      this.#byteTargets[last] === target;
    if (goesOn) {
      this.#byteTos[last] = to;
      return;
    }
    this.#byteFroms.push(from);
    this.#byteTos.push(to);
    this.#byteTargets.push(target);
  }

  /** A call, unless the state has it. */
  addCall(callee: number, target: number): void {
    for (let call = this.#callFirsts.at(-1)!; call < this.#callees.length; call++) {
      if (this.#callees[call] === callee && this.#callTargets[call] === target) return;
    }
    this.#callees.push(callee);
    this.#callTargets.push(target);
  }

  /** The next state as it is in another automaton, whose states `idOf` names here. */
  copyState(
    automaton: FiniteAutomaton,
    state: number,
    idOf: (state: number) => number,
    { leadsTo, calls }: Left = all,
  ): void {
    const { finals, byteFirsts, byteFroms, byteTos, byteTargets } = automaton;
    const { callFirsts, callees, callTargets } = automaton;
    this.addState(finals[state] === 1);
    for (let edge = byteFirsts[state]!; edge < byteFirsts[state + 1]!; edge++) {
      const target = byteTargets[edge]!;
      if (leadsTo(target)) this.addBytes(byteFroms[edge]!, byteTos[edge]!, idOf(target));
    }
    for (let call = callFirsts[state]!; call < callFirsts[state + 1]!; call++) {
      const [callee, target] = [callees[call]!, callTargets[call]!];
      if (calls(callee) && leadsTo(target)) this.addCall(idOf(callee), idOf(target));
    }
  }

  finish(): FiniteAutomaton {
    return {
      size: this.size,
      finals: Uint8Array.from(this.#finals),
      byteFirsts: Int32Array.from([...this.#byteFirsts, this.#byteFroms.length]),
      byteFroms: Uint8Array.from(this.#byteFroms),
      byteTos: Uint8Array.from(this.#byteTos),
      byteTargets: Int32Array.from(this.#byteTargets),
      callFirsts: Int32Array.from([...this.#callFirsts, this.#callees.length]),
      callees: Int32Array.from(this.#callees),
      callTargets: Int32Array.from(this.#callTargets),
    };
  }
}
