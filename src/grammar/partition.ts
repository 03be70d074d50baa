/** A set of states from 0 on, parted into blocks that are parted again and again. */
export class Partition {
  /** By state: its block. */
  readonly blockOf: Int32Array;
  /** States, those of a block beside each other; and by state: its place among them. */
  readonly #states: Int32Array;
  readonly #places: Int32Array;
  /** By block. */
  readonly #firsts: number[] = [];
  readonly #sizes: number[] = [];

  /** @param kindOf - Of a state: states of one kind are together at first. */
  constructor(size: number, kindOf: (state: number) => number) {
    this.blockOf = new Int32Array(size);
    this.#states = new Int32Array(size);
    this.#places = new Int32Array(size);
    const blocks = new Map<number, number[]>();
    for (let state = 0; state < size; state++) {
      const kind = kindOf(state);
      const members = blocks.get(kind);
      if (members === undefined) blocks.set(kind, [state]);
      else members.push(state);
    }
    let place = 0;
    for (const members of blocks.values()) {
      for (const state of members) {
        this.#states[place] = state;
        this.#places[state] = place++;
      }
      this.#addBlock(place - members.length, members.length);
    }
  }

  /**
   * Parts blocks. The largest of a block's groups, or all its other members together, stay in it; each other
   * group becomes a block.
   * @param groups - States of one block each; of a block all states that are unlike its other ones.
   * @returns The states that have moved.
   */
  split(groups: readonly (readonly number[])[]): readonly number[] {
    const moved: number[] = [];
    for (const [block, ofBlock] of this.#byBlock(groups)) {
      const largest = ofBlock.reduce((a, b) => (b.length > a.length ? b : a));
      if (largest.length === this.#sizes[block]) continue;
      const grouped = ofBlock.reduce((sum, group) => sum + group.length, 0);
      const others = this.#sizes[block]! - grouped;
      for (const group of ofBlock) {
        if (group !== largest || others >= largest.length) this.#moveOut(block, group, moved);
      }
      if (others > 0 && others < largest.length) this.#moveOthersOut(block, largest, moved);
    }
    return moved;
  }

  #byBlock(groups: readonly (readonly number[])[]): Map<number, (readonly number[])[]> {
    const blocks = new Map<number, (readonly number[])[]>();
    for (const group of groups) {
      const block = this.blockOf[group[0]!]!;
      const known = blocks.get(block);
      if (known === undefined) blocks.set(block, [group]);
      else known.push(group);
    }
    return blocks;
  }

  #moveOut(block: number, group: readonly number[], moved: number[]): void {
    for (let i = 0; i < group.length; i++) this.#putLast(block, group[i]!);
    this.#addBlock(this.#firsts[block]! + this.#sizes[block]!, group.length);
    for (let i = 0; i < group.length; i++) moved.push(group[i]!);
  }

  /** All of the block but `staying` become a block. */
  #moveOthersOut(block: number, staying: readonly number[], moved: number[]): void {
    const [first, size] = [this.#firsts[block]!, this.#sizes[block]!];
    for (let i = 0; i < staying.length; i++) this.#putLast(block, staying[i]!);
    const others = size - staying.length;
    this.#firsts[block] = first + others;
    this.#sizes[block] = staying.length;
    this.#addBlock(first, others);
    for (let place = first; place < first + others; place++) moved.push(this.#states[place]!);
  }

  /** Puts a state behind the block's others, and out of it. */
  #putLast(block: number, state: number): void {
    const last = this.#firsts[block]! + --this.#sizes[block]!;
    const [place, other] = [this.#places[state]!, this.#states[last]!];
    this.#states[place] = other;
    this.#places[other] = place;
    this.#states[last] = state;
    this.#places[state] = last;
  }

  #addBlock(first: number, size: number): void {
    const block = this.#firsts.push(first) - 1;
    this.#sizes.push(size);
    for (let place = first; place < first + size; place++) {
      this.blockOf[this.#states[place]!] = block;
    }
  }
}
