/** Ranges of bytes with where they lead, cut into ranges that do not overlap. Used again and again. */
export class ByteRanges {
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];
  readonly #targets: number[] = [];
  /** By byte, and one more: whether a range begins there or has ended. */
  readonly #isCut = new Uint8Array(257);
  /** By byte where a cut is: targets of the ranges over it. */
  readonly #over: number[][] = Array.from({ length: 256 }, () => []);

  clear(): void {
    this.#froms.length = 0;
    this.#tos.length = 0;
    this.#targets.length = 0;
  }

  /** @param to - Included. */
  add(from: number, to: number, target: number): void {
    this.#froms.push(from);
    this.#tos.push(to);
    this.#targets.push(target);
  }

  /** Every range that the same ranges added are over, ascending, with their targets, which may repeat. */
  forEach(visit: (from: number, to: number, targets: readonly number[]) => void): void {
    const count = this.#froms.length;
    if (count === 0) return;
    if (count === 1) {
      visit(this.#froms[0]!, this.#tos[0]!, this.#targets);
      return;
    }
    const cuts = this.#cuts();
    this.#fill(cuts);
    for (let i = 0; i + 1 < cuts.length; i++) {
      const targets = this.#over[cuts[i]!]!;
      if (targets.length > 0) visit(cuts[i]!, cuts[i + 1]! - 1, targets);
      targets.length = 0;
    }
  }

  #cuts(): number[] {
    const cuts: number[] = [];
    const cut = (at: number): void => {
      if (this.#isCut[at] === 1) return;
      this.#isCut[at] = 1;
      cuts.push(at);
    };
    for (let i = 0; i < this.#froms.length; i++) {
      cut(this.#froms[i]!);
      cut(this.#tos[i]! + 1);
    }
    for (const at of cuts) this.#isCut[at] = 0;
    return cuts.sort((a, b) => a - b);
  }

  #fill(cuts: readonly number[]): void {
    for (let i = 0; i < this.#froms.length; i++) {
      const [from, to, target] = [this.#froms[i]!, this.#tos[i]!, this.#targets[i]!];
      let at = firstFrom(cuts, from);
      for (; cuts[at]! <= to; at++) this.#over[cuts[at]!]!.push(target);
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
