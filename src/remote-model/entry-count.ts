/** Log-probs of a position that are asked for at first, as vLLM gives by default. */
const atFirst = 20;

/** Positions over which the share is kept of those that needed more. */
const memory = 16;

/** How often more may have to be asked for before more is asked for at once, and when less will do. */
const tooOften = 0.15;
const seldom = 0.02;

/** How many log-probs of a position to ask for: as few as suffice for nearly all. */
export class EntryCount {
  /** At most. */
  readonly most: number;
  #count: number;
  #changes = 0;
  #lacking = 0.1;

  constructor(most: number) {
    this.most = most;
    this.#count = Math.min(atFirst, most);
  }

  get count(): number {
    return this.#count;
  }

  /** How often it changed. */
  get changes(): number {
    return this.#changes;
  }

  /** What to ask for where `count` of a position did not suffice; `null` if it gives no more. */
  more(count: number): number | null {
    return count >= this.most ? null : Math.min(this.most, count * 4);
  }

  /** A position was asked for (it sufficed, as far as is known), or turned out to need more. */
  record(sufficed: boolean): void {
    this.#lacking += (Number(!sufficed) - this.#lacking) / memory;
    if (this.#lacking > tooOften) this.#change(Math.min(this.most, this.#count * 2));
    else if (this.#lacking < seldom)
      this.#change(Math.max(Math.min(atFirst, this.most), this.#count / 2));
  }

  #change(count: number): void {
    const before = this.#count;
    this.#count = Math.ceil(count);
    if (this.#count !== before) this.#changes++;
    this.#lacking = 0.1;
  }
}
