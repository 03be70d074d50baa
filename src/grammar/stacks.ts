import { ConstraintError } from '../spec/index.ts';
import { isEnd, type Automaton, type ShortestTexts } from './automaton.ts';
import type { Pops, Stack } from './configuration.ts';
import { constraintLimits } from './limits.ts';
import type { Meter } from './meter.ts';

/** In the place of a state to return to. */
const bottom = -1;

/** About what one takes in memory with its place in the table, per frame and per remembered result. */
const [stackBytes, frameBytes, memoBytes] = [320, 32, 64];

/** The stacks of one recogniser. */
export class Stacks {
  /** Of the whole text alone. */
  readonly bottom: Stack;
  readonly #automaton: Automaton;
  readonly #shortest: ShortestTexts;
  readonly #meter: Meter;
  readonly #known = new Map<string, Stack>();
  #ids = 0;
  #bytes = 0;
  /** Of the meter: beyond, one step takes too much. */
  #most = Infinity;

  constructor(automaton: Automaton, shortest: ShortestTexts, meter: Meter) {
    this.#automaton = automaton;
    this.#shortest = shortest;
    this.#meter = meter;
    this.bottom = this.#intern([bottom], [null]);
  }

  /** About what is remembered takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** To be called before every step of the text: each may cost {@link constraintLimits.stepWork}. */
  beginStep(): void {
    this.#most = this.#meter.spent + constraintLimits.stepWork;
  }

  /** A call whose return would only return needs no frame of its own. */
  push(returnTo: number, stack: Stack): Stack {
    return isEnd(this.#automaton, returnTo) ? stack : this.#intern([returnTo], [stack]);
  }

  /** @throws ConstraintError if the step takes too much work; so do the others. */
  union(one: Stack, other: Stack): Stack {
    const known = knownUnion(one, other);
    if (known !== undefined) return known;
    // Not recursive: stacks are as deep as texts nest.
    const pending: [Stack, Stack][] = [[one, other]];
    for (let pair = pending.at(-1); pair !== undefined; pair = pending.at(-1)) {
      const { length } = pending;
      this.#merge(pair[0], pair[1], pending);
      if (pending.length === length) pending.pop();
    }
    return knownUnion(one, other)!;
  }

  pops(stack: Stack): Pops {
    const pending = [stack];
    for (
      let at = pending.at(-1);
      at !== undefined && stack.pops === undefined;
      at = pending.at(-1)
    ) {
      const missing = at.returns.flatMap((returnTo, i) => {
        const below = at.below[i]!;
        return this.#endsAt(returnTo) && below.pops === undefined ? below : [];
      });
      this.#spend(at.returns.length);
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      at.pops ??= this.#popsOf(at);
      pending.pop();
    }
    return stack.pops!;
  }

  /** Forgets all: what is still in use becomes a stranger to equal ones, which costs time alone. */
  forget(): void {
    for (const stack of [this.bottom, ...this.#known.values()]) {
      stack.popped = undefined;
      stack.pops = undefined;
      stack.unions = undefined;
    }
    this.#known.clear();
    this.#bytes = 0;
    this.#known.set(keyOf(this.bottom.returns, this.bottom.below), this.bottom);
  }

  #endsAt(returnTo: number): boolean {
    return returnTo !== bottom && this.#automaton.finals[returnTo] === 1;
  }

  #popsOf({ returns, below }: Stack): Pops {
    let accepting = false;
    const states = new Map<number, Stack>();
    const put = (state: number, stack: Stack): void => {
      const known = states.get(state);
      states.set(state, known === undefined ? stack : this.union(known, stack));
    };
    for (const [i, returnTo] of returns.entries()) {
      if (returnTo === bottom) {
        accepting = true;
        continue;
      }
      const under = below[i]!;
      put(returnTo, under);
      if (!this.#endsAt(returnTo)) continue;
      accepting ||= under.pops!.accepting;
      this.#spend(under.pops!.states.size);
      for (const [state, stack] of under.pops!.states) put(state, stack);
    }
    this.#bytes += memoBytes * (1 + states.size);
    return { accepting, states };
  }

  /** Remembers the union of two if those of what is below are known; else asks for them. */
  #merge(one: Stack, other: Stack, pending: [Stack, Stack][]): void {
    if (knownUnion(one, other) !== undefined) return;
    this.#spend(one.returns.length + other.returns.length);
    const { length } = pending;
    const returns: number[] = [];
    const below: (Stack | null)[] = [];
    for (let i = 0, j = 0; i < one.returns.length || j < other.returns.length;) {
      const [left = Infinity, right = Infinity] = [one.returns[i], other.returns[j]];
      const returnTo = Math.min(left, right);
      returns.push(returnTo);
      if (left !== right) {
        below.push(left < right ? one.below[i++]! : other.below[j++]!);
        continue;
      }
      const [a, b] = [one.below[i++]!, other.below[j++]!];
      const known = returnTo === bottom ? null : knownUnion(a, b);
      if (known === undefined) pending.push([a, b]);
      else below.push(known);
    }
    if (pending.length > length) return;
    const [low, high] = one.id < other.id ? [one, other] : [other, one];
    (high.unions ??= new Map()).set(low, this.#intern(returns, below));
    this.#bytes += memoBytes;
  }

  #intern(returns: readonly number[], below: readonly (Stack | null)[]): Stack {
    const key = keyOf(returns, below);
    let stack = this.#known.get(key);
    if (stack === undefined) {
      let rest = Infinity;
      for (const [i, returnTo] of returns.entries()) {
        const under = below[i];
        rest = Math.min(rest, under == null ? 0 : this.#shortest.rest[returnTo]! + under.rest);
      }
      const [popped, pops, unions] = [undefined, undefined, undefined];
      stack = { id: this.#ids++, returns, below, rest, popped, pops, unions };
      this.#known.set(key, stack);
      this.#bytes += stackBytes + frameBytes * returns.length + key.length;
    }
    return stack;
  }

  #spend(steps: number): void {
    this.#meter.spent += steps;
    if (this.#meter.spent > this.#most) {
      throw new ConstraintError(
        '',
        `The grammar is too ambiguous: the next step of the text takes more than ${constraintLimits.stepWork} ` +
          'steps of work. Write it with rules that differ in how they begin.',
      );
    }
  }
}

function knownUnion(one: Stack, other: Stack): Stack | undefined {
  if (one === other) return one;
  return one.id < other.id ? other.unions?.get(one) : one.unions?.get(other);
}

function keyOf(returns: readonly number[], below: readonly (Stack | null)[]): string {
  let key = '';
  for (let i = 0; i < returns.length; i++) key += `${returns[i]}:${below[i]?.id ?? ''} `;
  return key;
}
