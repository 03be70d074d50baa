/** What counts for the rate: longer ago it was another connection, or another hour of the day. */
const windowMs = 10_000;

/** How fast bytes come, from when there were how many. */
export class TransferRate {
  #samples: { readonly ms: number; readonly bytes: number }[] = [];

  /** @param ms - Milliseconds from any origin. */
  add(ms: number, bytes: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && bytes < last.bytes) this.#samples = []; // it began anew
    this.#samples.push({ ms, bytes });
    const old = this.#samples.findLastIndex((sample) => sample.ms < ms - windowMs);
    if (old > 0) this.#samples.splice(0, old);
  }

  /** `null` where it cannot be told yet. */
  get bytesPerSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.ms <= first.ms) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.ms - first.ms);
  }
}
