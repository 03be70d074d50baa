/** Ranges of bytes with where they lead, cut into ranges that do not overlap. Used again and again. */
export class ByteRanges {
  #count = 0;
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];
  readonly #targets: number[] = [];
  /** By byte, and one more: whether a range begins there or has ended. */
  readonly #isCut = new Uint8Array(257);
  /** By cut, ascending: targets of the ranges over it. */
  readonly #over: number[][] = [];

  clear(): void {
    this.#count = 0;
  }

  /** @param to - Included. */
  add(from: number, to: number, target: number): void {
    this.#froms[this.#count] = from;
    this.#tos[this.#count] = to;
    this.#targets[this.#count++] = target;
  }

  /** Every range that the same ranges added are over, ascending, with their targets, which may repeat. */
  forEach(visit: (from: number, to: number, targets: readonly number[]) => void): void {
    if (this.#count === 0) return;
    if (this.#count === 1) {
      visit(this.#froms[0]!, this.#tos[0]!, [this.#targets[0]!]);
      return;
    }
    const cuts = this.#cuts();
    for (let i = 0; i < cuts.length; i++) this.#over[i] = [];
    this.#fill(cuts);
    for (let i = 0; i + 1 < cuts.length; i++) {
      const targets = this.#over[i]!;
      if (targets.length > 0) visit(cuts[i]!, cuts[i + 1]! - 1, targets);
    }
  }

  #cuts(): number[] {
    const cuts: number[] = [];
    for (let i = 0; i < this.#count; i++) {
      for (const at of [this.#froms[i]!, this.#tos[i]! + 1]) {
        if (this.#isCut[at] === 1) continue;
        this.#isCut[at] = 1;
        cuts.push(at);
      }
    }
    for (let i = 0; i < cuts.length; i++) this.#isCut[cuts[i]!] = 0;
    return cuts.toSorted((a, b) => a - b);
  }

  #fill(cuts: readonly number[]): void {
    for (let i = 0; i < this.#count; i++) {
      const to = this.#tos[i]!;
      let at = firstFrom(cuts, this.#froms[i]!);
      for (; cuts[at]! <= to; at++) this.#over[at]!.push(this.#targets[i]!);
    }
  }
}

/** The place of the first of ascending numbers that is at least `least`. */
function firstFrom(ascending: readonly number[], least: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
