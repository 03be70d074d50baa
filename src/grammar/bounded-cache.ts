/**
 * Forgets what was not asked for the longest, so that all it holds weighs at most `maxWeight`. A value
 * that grows is weighed again whenever it is asked for.
 */
export class BoundedCache<Key, Value> {
  readonly #entries = new Map<Key, { readonly value: Value; readonly weight: number }>();
  readonly #maxWeight: number;
  readonly #weigh: (value: Value) => number;
  #weight = 0;

  constructor(maxWeight: number, weigh: (value: Value) => number) {
    this.#maxWeight = maxWeight;
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of all it holds. */
  get weight(): number {
    return this.#weight;
  }

  /** The value of `key`, made by `make` where it is not known. */
  get(key: Key, make: () => Value): Value {
    const known = this.#entries.get(key);
    this.#entries.delete(key); // the order of insertion is the order of use
    const value = known === undefined ? make() : known.value;
    const weight = this.#weigh(value);
    this.#entries.set(key, { value, weight });
    this.#weight += weight - (known?.weight ?? 0);
    this.#shrink();
    return value;
  }

  /** The newest value stays, however heavy. */
  #shrink(): void {
    for (const [key, { weight }] of this.#entries) {
      if (this.#weight <= this.#maxWeight || this.#entries.size === 1) return;
      this.#entries.delete(key);
      this.#weight -= weight;
    }
  }
}
