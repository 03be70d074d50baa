import { JinjaError } from './error.ts';

/** Bounds on one rendering. */
export interface JinjaLimits {
  /** One for each node evaluated, each item iterated over, and each 16 characters read. */
  readonly steps: number;
  /** Of everything created or read, in bytes, whether or not it is still in use. */
  readonly bytes: number;
  /** Of any string and of the whole text, in UTF-16 units. */
  readonly length: number;
}

/** Bytes of an item of a list, and of a value's own head. */
const cellBytes = 16;

/**
 * What a rendering may still do. Whatever takes time or memory is paid for before it is done, so a
 * template can hold its thread and its memory no longer and no fuller than its limits say.
 */
export class Budget {
  /** Of the node that is evaluated. */
  line = 1;
  readonly limits: JinjaLimits;
  #steps: number;
  #bytes: number;

  constructor(limits: JinjaLimits) {
    this.limits = limits;
    this.#steps = limits.steps;
    this.#bytes = limits.bytes;
  }

  /** Steps taken so far. */
  get spent(): number {
    return this.limits.steps - this.#steps;
  }

  step(count = 1): void {
    this.#steps -= count;
    if (this.#steps < 0) {
      throw new JinjaError('steps', `it takes more than ${this.limits.steps} steps`, this.line);
    }
  }

  /** Reads or copies `length` characters. Reading counts as memory too: it flattens concatenations. */
  read(length: number): void {
    this.step(length >> 4);
    this.#take(length);
  }

  /** Creates a list, tuple or dictionary of `count` items. */
  cells(count: number): void {
    this.step(count >> 2);
    this.#take(count * cellBytes);
  }

  /** Creates a string of `length` characters by work in proportion to it. */
  text(length: number): void {
    this.checkLength(length);
    this.read(length);
    this.#take(cellBytes);
  }

  /** To be called before a string of that length comes to be. */
  checkLength(length: number): void {
    if (length > this.limits.length) {
      throw new JinjaError(
        'length',
        `it writes ${length} characters, above the limit of ${this.limits.length}`,
        this.line,
      );
    }
  }

  #take(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) {
      throw new JinjaError('memory', `it handles more than ${this.limits.bytes} bytes`, this.line);
    }
  }
}
