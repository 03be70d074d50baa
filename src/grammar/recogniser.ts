import type { Automaton, ShortestTexts } from './automaton.ts';
import type { Configuration, Entry, Stack } from './configuration.ts';
import { constraintLimits } from './limits.ts';
import { Meter } from './meter.ts';
import { Stacks } from './stacks.ts';

/** About what one takes in memory with its place in the table, per entry, and per class of bytes. */
const [configurationBytes, entryBytes, transitionBytes] = [400, 56, 8];

/**
 * Reads bytes along a pushdown automaton. Stacks and configurations are interned, and transitions
 * memoised on them, until they take more than {@link constraintLimits.recogniserBytes}.
 * @see Tomita 1987, "An efficient augmented-context-free parsing algorithm"
 */
export class Recogniser {
  /** Before the first byte. */
  readonly start: Configuration;
  readonly automaton: Automaton;
  readonly shortest: ShortestTexts;
  readonly meter = new Meter();
  readonly #stacks: Stacks;
  readonly #configurations = new Map<string, Configuration>();
  #bytes = 0;
  #timesForgotten = 0;

  /** @param shortest - Of the texts that the vocabulary spells. */
  constructor(automaton: Automaton, shortest: ShortestTexts = automaton.shortest) {
    this.automaton = automaton;
    this.shortest = shortest;
    this.#stacks = new Stacks(automaton, shortest, this.meter);
    this.start = this.#complete([{ state: 0, stack: this.#stacks.bottom }]);
  }

  /** About what it remembers takes in memory. */
  get bytes(): number {
    return this.#bytes + this.#stacks.bytes;
  }

  /** Grows when configurations that were met before may come as new objects. */
  get timesForgotten(): number {
    return this.#timesForgotten;
  }

  /** `state` with nothing below it: {@link Configuration.accepting} is then where its rule ends. */
  alone(state: number): Configuration {
    return this.#intern([{ state, stack: this.#stacks.bottom }], false);
  }

  popped(stack: Stack): Configuration {
    if (stack.popped === undefined) {
      this.#stacks.beginStep();
      const { accepting, states } = this.#stacks.pops(stack);
      stack.popped = this.#call(new Map(states), accepting);
    }
    return stack.popped;
  }

  /** After one byte; `null` if it is not allowed. */
  step(configuration: Configuration, byte: number): Configuration | null {
    const byteClass = this.automaton.byteClasses[byte]!;
    if (configuration.next === undefined) {
      configuration.next = Array.from({ length: this.automaton.byteClassCount });
      this.#bytes += transitionBytes * this.automaton.byteClassCount;
    }
    const known = configuration.next[byteClass];
    if (known !== undefined) return known;
    const after = this.advance(configuration, byte);
    configuration.next[byteClass] = after;
    return after;
  }

  /** {@link step} without remembering it. */
  advance({ entries }: Configuration, byte: number): Configuration | null {
    const { byteFirsts, byteFroms, byteTos, byteTargets } = this.automaton;
    const targets: Entry[] = [];
    for (const { state, stack } of entries) {
      const end = byteFirsts[state + 1]!;
      for (let edge = byteFirsts[state]!; edge < end && byteFroms[edge]! <= byte; edge++) {
        if (byte <= byteTos[edge]!) targets.push({ state: byteTargets[edge]!, stack });
      }
    }
    this.meter.spent += entries.length;
    if (targets.length === 0) return null;
    if (targets.length === 1 && this.#isPlain(targets[0]!.state)) {
      return this.#intern(targets, false);
    }
    return this.#complete(targets);
  }

  forgetIfLarge(): void {
    if (this.bytes > constraintLimits.recogniserBytes) this.forget();
  }

  forget(): void {
    for (const configuration of this.#configurations.values()) {
      configuration.next = undefined;
      configuration.ending = undefined;
    }
    this.#configurations.clear();
    this.#stacks.forget();
    this.#bytes = 0;
    this.#timesForgotten++;
    this.#configurations.set(keyOf(this.start.entries, this.start.accepting), this.start);
  }

  /** Whether nothing can be done in a state but take a byte. */
  #isPlain(state: number): boolean {
    const { finals, callFirsts } = this.automaton;
    return finals[state] === 0 && callFirsts[state] === callFirsts[state + 1];
  }

  /** Returns from where rules may end, and makes the calls that may be made. */
  #complete(reached: readonly Entry[]): Configuration {
    this.#stacks.beginStep();
    const under = new Map<number, Stack>();
    let accepting = false;
    for (const { state, stack } of reached) {
      this.#put(under, state, stack);
      if (this.automaton.finals[state] === 0) continue;
      const pops = this.#stacks.pops(stack);
      accepting ||= pops.accepting;
      for (const [returned, below] of pops.states) this.#put(under, returned, below);
    }
    return this.#call(under, accepting);
  }

  #put(under: Map<number, Stack>, state: number, stack: Stack): void {
    const known = under.get(state);
    under.set(state, known === undefined ? stack : this.#stacks.union(known, stack));
  }

  /** Callers before their callees, so that a callee is begun once, with all its callers below it. */
  #call(under: Map<number, Stack>, accepting: boolean): Configuration {
    const { callDepths, callFirsts, callees, callTargets } = this.automaton;
    const byDepth: number[][] = [];
    const schedule = (state: number): void => {
      const depth = callDepths[state]!;
      if (depth > 0) (byDepth[depth] ??= []).push(state);
    };
    for (const state of under.keys()) schedule(state);
    for (let depth = byDepth.length - 1; depth > 0; depth--) {
      for (const state of byDepth[depth] ?? []) {
        const stack = under.get(state)!;
        const end = callFirsts[state + 1]!;
        for (let call = callFirsts[state]!; call < end; call++) {
          const callee = callees[call]!;
          if (!under.has(callee)) schedule(callee);
          this.#put(under, callee, this.#stacks.push(callTargets[call]!, stack));
        }
      }
    }
    return this.#keepThoseWithBytes(under, accepting);
  }

  #keepThoseWithBytes(under: ReadonlyMap<number, Stack>, accepting: boolean): Configuration {
    const { byteFirsts } = this.automaton;
    const entries: Entry[] = [];
    for (const [state, stack] of under) {
      if (byteFirsts[state] !== byteFirsts[state + 1]) entries.push({ state, stack });
    }
    return this.#intern(
      entries.toSorted((a, b) => a.state - b.state),
      accepting,
    );
  }

  #intern(entries: readonly Entry[], accepting: boolean): Configuration {
    const key = keyOf(entries, accepting);
    const known = this.#configurations.get(key);
    if (known !== undefined) return known;
    let rest = accepting ? 0 : Infinity;
    for (const { state, stack } of entries) {
      rest = Math.min(rest, this.shortest.enter[state]! + stack.rest);
    }
    const [next, ending] = [undefined, undefined];
    const configuration = { entries, accepting, rest, next, ending };
    this.#configurations.set(key, configuration);
    this.#bytes += configurationBytes + entryBytes * entries.length + key.length;
    return configuration;
  }
}

function keyOf(entries: readonly Entry[], accepting: boolean): string {
  let key = accepting ? 'end ' : '';
  for (const { state, stack } of entries) key += `${state}:${stack.id} `;
  return key;
}
