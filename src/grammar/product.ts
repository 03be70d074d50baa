import { ConstraintError } from '../spec/index.ts';
import { AutomatonBuilder } from './automaton-builder.ts';
import type { FiniteAutomaton } from './automaton.ts';
import { constraintLimits } from './limits.ts';

/** What both deterministic automata accept. @throws ConstraintError if it is too large. */
export function intersect(left: FiniteAutomaton, right: FiniteAutomaton): FiniteAutomaton {
  return new Product(left, right, true).build();
}

/** What `left` accepts and `right` does not. @throws ConstraintError if it is too large. */
export function difference(left: FiniteAutomaton, right: FiniteAutomaton): FiniteAutomaton {
  return new Product(left, right, false).build();
}

/** The state of the right automaton once no text of it is left. */
const dead = -1;

class Product {
  readonly #left: FiniteAutomaton;
  readonly #right: FiniteAutomaton;
  /** Whether a text must be the right one's too, or must not be. */
  readonly #both: boolean;
  readonly #builder = new AutomatonBuilder();
  /** By id: its states of both automata. */
  readonly #lefts: number[] = [];
  readonly #rights: number[] = [];
  readonly #ids = new Map<number, number>();

  constructor(left: FiniteAutomaton, right: FiniteAutomaton, both: boolean) {
    this.#left = left;
    this.#right = right;
    this.#both = both;
  }

  build(): FiniteAutomaton {
    this.#idOf(0, 0);
    for (let id = 0; id < this.#lefts.length; id++) {
      const [left, right] = [this.#lefts[id]!, this.#rights[id]!];
      const isRight = right !== dead && this.#right.finals[right] === 1;
      this.#builder.addState(this.#left.finals[left] === 1 && isRight === this.#both);
      this.#addEdges(left, right);
    }
    return this.#builder.finish();
  }

  #addEdges(left: number, right: number): void {
    const { byteFirsts, byteFroms, byteTos, byteTargets } = this.#left;
    for (let edge = byteFirsts[left]!; edge < byteFirsts[left + 1]!; edge++) {
      this.#cut(byteFroms[edge]!, byteTos[edge]!, byteTargets[edge]!, right);
    }
  }

  /** The left's edge cut by where its bytes lead from the state `right`. */
  #cut(from: number, to: number, target: number, right: number): void {
    const { byteFirsts, byteFroms, byteTos, byteTargets } = this.#right;
    const end = right === dead ? 0 : byteFirsts[right + 1]!;
    let next = from;
    for (let edge = right === dead ? 0 : byteFirsts[right]!; edge < end; edge++) {
      if (byteTos[edge]! < next) continue;
      if (byteFroms[edge]! > to) break;
      if (next < byteFroms[edge]!) this.#add(next, byteFroms[edge]! - 1, target, dead);
      const last = Math.min(to, byteTos[edge]!);
      this.#add(Math.max(byteFroms[edge]!, next), last, target, byteTargets[edge]!);
      next = last + 1;
    }
    if (next <= to) this.#add(next, to, target, dead);
  }

  #add(from: number, to: number, left: number, right: number): void {
    if (this.#both && right === dead) return;
    this.#builder.addBytes(from, to, this.#idOf(left, right));
  }

  #idOf(left: number, right: number): number {
    const key = left * (this.#right.size + 1) + right + 1;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#lefts.length === constraintLimits.states) {
      throw new ConstraintError(
        '',
        `An intersection or exclusion needs more than ${constraintLimits.states} states.`,
      );
    }
    this.#ids.set(key, this.#lefts.length);
    this.#rights.push(right);
    return this.#lefts.push(left) - 1;
  }
}
