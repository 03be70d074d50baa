/**
 * A set of stacks of returns, in one normal form: by the state on top that a call returns to, the set of
 * what may be below it. Equal sets are the same object, so a set takes the space of its smallest
 * deterministic automaton, however many ways there are to read the text: ambiguity does not add up.
 */
export interface Stack {
  readonly id: number;
  /** Ascending; `bottom` where the whole text ends. */
  readonly returns: readonly number[];
  /** By position in `returns`; `null` below the bottom. */
  readonly below: readonly (Stack | null)[];
  /** Bytes of the shortest text from where it is popped to the end of the whole text. */
  readonly rest: number;
  /** What may follow where it is popped. */
  popped: Configuration | undefined;
  /** Where popping it leads, and popping what may end there at once. */
  pops: Pops | undefined;
  /** With stacks of lower ids. */
  unions: Map<Stack, Stack> | undefined;
}

export interface Pops {
  /** Whether the whole text may end. */
  readonly accepting: boolean;
  /** By state returned to: what is below. */
  readonly states: ReadonlyMap<number, Stack>;
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
  /** Its shortest completion, once it was asked for. */
  ending: Ending | undefined;
}

/** A completion of a text. */
export interface Ending {
  readonly byte: number;
  /** `null` where the text may end. */
  readonly next: Ending | null;
  /** Fewest tokens that spell it. */
  readonly tokens: number;
}
