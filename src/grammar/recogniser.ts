import { ConstraintError } from '../spec/index.ts';
import type { Automaton, State } from './automaton.ts';
import type { ShortestTexts } from './shortest.ts';

/** Where a call returns to, and what is below it. */
interface Frame {
  readonly id: number;
  readonly returnTo: number;
  /** `null` under the root rule, where the whole text ends. */
  readonly below: Stack | null;
}

/** Any of several stacks: any of the frames may be on top. */
export interface Stack {
  readonly id: number;
  readonly frames: readonly Frame[];
  /** Bytes of the shortest text from where it is popped to the end of the whole text. */
  readonly rest: number;
  /** What may follow where it is popped. */
  popped: Configuration | undefined;
}

/** A state that takes a byte, and the stacks under it. */
export interface Entry {
  readonly state: number;
  readonly stack: Stack;
}

/**
 * All that may follow what was read so far: the same object for equal ones, as long as it is
 * remembered. What is memoised on it is written by this folder alone.
 */
export interface Configuration {
  /** Ascending by state. */
  readonly entries: readonly Entry[];
  /** Whether the whole text may end here. */
  readonly accepting: boolean;
  /** Bytes of the shortest text that completes it; `Infinity` if the vocabulary cannot spell one. */
  readonly rest: number;
  /** By class of bytes: the configuration after it, `null` if it is not allowed. */
  next: (Configuration | null | undefined)[] | undefined;
  /** The first byte of the shortest completion, and what follows it. */
  shortest: { readonly byte: number; readonly after: Configuration } | undefined;
  /** Fewest tokens that spell the shortest completion. */
  tokensToEnd: number | undefined;
}

/** Configurations remembered: the memory they take is bounded, and forgetting them costs only time. */
const maxRemembered = 4096;

/** About what one takes, its entries and the stacks it shares included; and per class of bytes. */
const configurationBytes = 1024;
const transitionBytes = 8;

/** Kinds of frames that one configuration may have: more is an attack, not a grammar. */
const maxFrames = 20_000;

/**
 * Reads bytes along a pushdown automaton. Stacks and configurations are interned, and transitions
 * memoised on them; the stacks of one configuration share their common parts, so that ambiguous
 * grammars take polynomial space.
 * @see Tomita 1987, "An efficient augmented-context-free parsing algorithm"
 */
export class Recogniser {
  /** Before the first byte. */
  readonly start: Configuration;
  readonly automaton: Automaton;
  readonly shortest: ShortestTexts;
  readonly #bottom: Stack;
  readonly #frames = new Map<string, Frame>();
  readonly #stacks = new Map<string, Stack>();
  readonly #configurations = new Map<string, Configuration>();
  #ids = 0;

  /** @param shortest - Of the texts that the vocabulary spells. */
  constructor(automaton: Automaton, shortest: ShortestTexts) {
    this.automaton = automaton;
    this.shortest = shortest;
    const end: Frame = { id: this.#ids++, returnTo: -1, below: null };
    this.#bottom = { id: this.#ids++, frames: [end], rest: 0, popped: undefined };
    const closure = this.#closure();
    closure.add(automaton.start, this.#bottom.frames);
    this.start = this.#complete(closure);
  }

  /** About what it takes in memory: it grows with what it has read. */
  get bytes(): number {
    const each = configurationBytes + transitionBytes * this.automaton.byteClassCount;
    return this.#configurations.size * each;
  }

  /** `state` with nothing below it: {@link Configuration.accepting} is then where its rule ends. */
  alone(state: number): Configuration {
    return this.#internConfiguration([{ state, stack: this.#bottom }], false);
  }

  popped(stack: Stack): Configuration {
    if (stack.popped === undefined) {
      const closure = this.#closure();
      for (const frame of stack.frames) closure.pop(frame);
      stack.popped = this.#complete(closure);
    }
    return stack.popped;
  }

  /** After one byte; `null` if it is not allowed. */
  step(configuration: Configuration, byte: number): Configuration | null {
    const byteClass = this.automaton.byteClasses[byte]!;
    configuration.next ??= Array.from({ length: this.automaton.byteClassCount });
    const known = configuration.next[byteClass];
    if (known !== undefined) return known;
    const after = this.advance(configuration, byte);
    configuration.next[byteClass] = after;
    return after;
  }

  /** {@link step} without remembering it. */
  advance({ entries }: Configuration, byte: number): Configuration | null {
    const targets: Entry[] = [];
    for (const { state, stack } of entries) {
      for (const { from, to, target } of this.automaton.states[state]!.bytes) {
        if (from > byte) break;
        if (byte <= to) targets.push({ state: target, stack });
      }
    }
    if (targets.length === 0) return null;
    if (targets.length === 1 && this.#isPlain(targets[0]!.state)) {
      return this.#internConfiguration(targets, false);
    }
    const closure = this.#closure();
    for (const { state, stack } of targets) closure.add(state, stack.frames);
    return this.#complete(closure);
  }

  #isPlain(state: number): boolean {
    const { final, calls } = this.automaton.states[state]!;
    return !final && calls.length === 0;
  }

  #closure(): Closure {
    return new Closure(this.automaton.states);
  }

  /** Makes the calls that may be made, and keeps the states that take a byte. */
  #complete(closure: Closure): Configuration {
    this.#call(closure);
    const entries: Entry[] = [];
    for (const [state, frames] of closure.frames) {
      if (this.automaton.states[state]!.bytes.length > 0) {
        entries.push({ state, stack: this.#internStack(frames) });
      }
    }
    entries.sort((a, b) => a.state - b.state);
    return this.#internConfiguration(entries, closure.accepting);
  }

  /** Callers before their callees, so that a callee is begun once, with all its callers below it. */
  #call({ frames }: Closure): void {
    const { states, callDepths } = this.automaton;
    const byDepth: number[][] = [];
    const schedule = (state: number): void => {
      const depth = callDepths[state]!;
      if (depth > 0) (byDepth[depth] ??= []).push(state);
    };
    for (const state of frames.keys()) schedule(state);
    for (let depth = byDepth.length - 1; depth > 0; depth--) {
      for (const state of byDepth[depth] ?? []) {
        const stack = this.#internStack(frames.get(state)!);
        for (const { callee, target } of states[state]!.calls) {
          if (!frames.has(callee)) {
            frames.set(callee, new Set());
            schedule(callee);
          }
          const callers = frames.get(callee)!;
          for (const frame of this.#framesOver(target, stack)) callers.add(frame);
        }
      }
    }
  }

  /** A call whose return would only return needs no frame of its own. */
  #framesOver(returnTo: number, stack: Stack): readonly Frame[] {
    const { final, bytes, calls } = this.automaton.states[returnTo]!;
    if (final && bytes.length === 0 && calls.length === 0) return stack.frames;
    const key = `${returnTo} ${stack.id}`;
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      frame = { id: this.#ids++, returnTo, below: stack };
      this.#frames.set(key, frame);
    }
    return [frame];
  }

  #internStack(set: ReadonlySet<Frame>): Stack {
    if (set.size > maxFrames) {
      throw new ConstraintError(
        '',
        `The text so far can be read in more than ${maxFrames} ways by the grammar. Write it with ` +
          'rules that differ in how they begin.',
      );
    }
    const frames = [...set].toSorted((a, b) => a.id - b.id);
    if (frames.length === 1 && frames[0]!.below === null) return this.#bottom;
    const key = frames.map(({ id }) => id).join();
    let stack = this.#stacks.get(key);
    if (stack === undefined) {
      const lengths = frames.map(({ returnTo, below }) =>
        below === null ? 0 : this.shortest.rest[returnTo]! + below.rest,
      );
      stack = { id: this.#ids++, frames, rest: Math.min(...lengths), popped: undefined };
      this.#stacks.set(key, stack);
    }
    return stack;
  }

  #internConfiguration(entries: readonly Entry[], accepting: boolean): Configuration {
    const key = entries.map(({ state, stack }) => `${state}:${stack.id}`).join() + accepting;
    const known = this.#configurations.get(key);
    if (known !== undefined) return known;
    if (this.#configurations.size === maxRemembered) this.#forget();
    const rests = entries.map(({ state, stack }) => this.shortest.enter[state]! + stack.rest);
    const configuration: Configuration = {
      entries,
      accepting,
      rest: accepting ? 0 : Math.min(...rests),
      next: undefined,
      shortest: undefined,
      tokensToEnd: undefined,
    };
    this.#configurations.set(key, configuration);
    return configuration;
  }

  #forget(): void {
    this.#frames.clear();
    this.#stacks.clear();
    this.#configurations.clear();
  }
}

/** The states of one position in a text while they are collected, and the frames under each. */
class Closure {
  readonly frames = new Map<number, Set<Frame>>();
  /** Whether the whole text may end here. */
  accepting = false;
  readonly #states: readonly State[];
  readonly #popped = new Set<Frame>();

  constructor(states: readonly State[]) {
    this.#states = states;
  }

  /** Adds a state that was reached by a byte or a return; where its rule may end, it returns. */
  add(state: number, frames: Iterable<Frame>): void {
    const pending = [...this.#put(state, frames)];
    for (let frame = pending.pop(); frame !== undefined; frame = pending.pop()) {
      if (this.#popped.has(frame)) continue;
      this.#popped.add(frame);
      if (frame.below === null) this.accepting = true;
      else pending.push(...this.#put(frame.returnTo, frame.below.frames));
    }
  }

  pop(frame: Frame): void {
    if (frame.below === null) this.accepting = true;
    else this.add(frame.returnTo, frame.below.frames);
  }

  /** @returns The frames to be popped: those under a state where its rule may end. */
  #put(state: number, frames: Iterable<Frame>): Frame[] {
    let under = this.frames.get(state);
    if (under === undefined) {
      under = new Set();
      this.frames.set(state, under);
    }
    const added: Frame[] = [];
    for (const frame of frames) {
      if (under.has(frame)) continue;
      under.add(frame);
      added.push(frame);
    }
    return this.#states[state]!.final ? added : [];
  }
}
