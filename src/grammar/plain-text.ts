import { targetOf, type FiniteAutomaton } from './automaton.ts';
import { buildNfa } from './build-nfa.ts';
import type { Configuration } from './configuration.ts';
import { determinise } from './determinise.ts';
import type { Expression } from './grammar.ts';
import type { Recogniser } from './recogniser.ts';

/** What a JSON string may have without an escape: most tokens of most vocabularies are such text. */
const plainText: Expression = {
  kind: 'repeat',
  item: {
    kind: 'class',
    ranges: [
      [0x20, 0x21],
      [0x23, 0x5b],
      [0x5d, 0xd7ff],
      [0xe000, 0x10_ffff],
    ],
  },
  min: 0,
  max: Infinity,
};

/** Reads plain text, byte by byte. */
const plain: FiniteAutomaton = determinise(
  buildNfa(plainText, { resolve: refuseRules, combine: refuseRules }),
  Infinity,
)!;

function refuseRules(): never {
  throw new Error('Plain text has no rules.');
}

/** Whether bytes are plain text of whole characters. */
export function isPlainText(bytes: Uint8Array): boolean {
  let state = 0;
  for (const byte of bytes) {
    state = targetOf(plain, state, byte);
    if (state === -1) return false;
  }
  return plain.finals[state] === 1;
}

/** Places looked at before no more is asked: those of names that an object knows are some thousands. */
const mostPlaces = 20_000;

/**
 * Finds how long plain texts may be for all of them to stay within a rule. It goes from place to place, the nearest
 * first, where a walk over a vocabulary goes from token to token: most places have one byte or two that are unlike.
 */
export class PlainSearch {
  readonly #recogniser: Recogniser;
  readonly #start: Configuration;
  readonly #longest: number;
  readonly #queue: { readonly at: Configuration; readonly state: number; readonly depth: number }[];
  readonly #met = new Map<Configuration, number>(); // the plain states that it was met in, as bits
  #next = 0;
  #isRefused = false;
  #bytes = 0;
  #growth = -Infinity;

  /** @param longest - Bytes of texts that are asked for. */
  constructor(recogniser: Recogniser, start: Configuration, longest: number) {
    this.#recogniser = recogniser;
    this.#start = start;
    this.#longest = longest;
    this.#queue = [{ at: start, state: 0, depth: 0 }];
  }

  /** All plain texts of at most so many bytes are read, and end nothing. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No shortest way to the rule's end grows by more bytes with one of these texts. */
  get growth(): number {
    return this.#growth;
  }

  /** Goes on until it is done or the meter is over. @returns Whether it is done. */
  run(): boolean {
    const { meter } = this.#recogniser;
    for (; this.#next < this.#queue.length; this.#next++) {
      if (meter.isOver) return false;
      const { at, state, depth } = this.#queue[this.#next]!;
      this.#bytes = depth;
      if (depth === this.#longest || this.#queue.length > mostPlaces) return true;
      this.#readFrom(at, state, depth);
      if (this.#isRefused) return true;
    }
    this.#bytes = this.#longest; // no new places were left
    return true;
  }

  #readFrom(at: Configuration, state: number, depth: number): void {
    const { byteFirsts, byteFroms, byteTos, byteTargets } = plain;
    const { byteClasses } = this.#recogniser.automaton;
    for (let edge = byteFirsts[state]!; edge < byteFirsts[state + 1]!; edge++) {
      let last = -1; // bytes of a class are beside each other, and lead to the same
      for (let byte = byteFroms[edge]!; byte <= byteTos[edge]!; byte++) {
        if (byteClasses[byte] === last) continue;
        last = byteClasses[byte]!;
        this.#read(at, byte, byteTargets[edge]!, depth);
        if (this.#isRefused) return;
      }
    }
  }

  #read(at: Configuration, byte: number, state: number, depth: number): void {
    this.#recogniser.meter.spent++;
    const after = this.#recogniser.step(at, byte);
    if (after === null || after.accepting) {
      this.#isRefused = true;
      return;
    }
    const met = this.#met.get(after) ?? 0;
    if ((met & (1 << state)) !== 0) return;
    this.#met.set(after, met | (1 << state));
    if (plain.finals[state] === 1) {
      this.#growth = Math.max(this.#growth, after.rest - this.#start.rest);
    }
    this.#queue.push({ at: after, state, depth: depth + 1 });
  }
}
