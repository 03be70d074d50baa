/**
 * Forgets what was not used for the longest, so that all it holds weighs at most `maxWeight`; the newest
 * value stays, however heavy. A value that has grown is to be set again.
 */
export class BoundedCache<Key, Value> {
  readonly #entries = new Map<Key, { readonly value: Value; readonly weight: number }>();
  readonly #maxWeight: number;
  readonly #weigh: (value: Value) => number;
  readonly #onForget: (value: Value) => void;
  #weight = 0;

  /** @param onForget - Called with what is forgotten to make room. */
  constructor(
    maxWeight: number,
    weigh: (value: Value) => number,
    onForget: (value: Value) => void = () => {},
  ) {
    this.#maxWeight = maxWeight;
    this.#weigh = weigh;
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of all it holds, as it was when it was set. */
  get weight(): number {
    return this.#weight;
  }

  get(key: Key): Value | undefined {
    const known = this.#entries.get(key);
    if (known === undefined) return undefined;
    this.#entries.delete(key); // the order of insertion is the order of use
    this.#entries.set(key, known);
    return known.value;
  }

  /** @returns The value. */
  set(key: Key, value: Value): Value {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
    const weight = this.#weigh(value);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    this.#shrink();
    return value;
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  #shrink(): void {
    for (const [key, { value, weight }] of this.#entries) {
      if (this.#weight <= this.#maxWeight || this.#entries.size === 1) return;
      this.#entries.delete(key);
      this.#weight -= weight;
      this.#onForget(value);
    }
  }
}
