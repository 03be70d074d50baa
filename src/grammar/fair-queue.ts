/** Items wait by owner; owners take turns, so that the many of one do not delay the few of another. */
export class FairQueue<Item> {
  readonly #byOwner = new Map<string, Item[]>();

  /** Items of one owner. */
  countOf(owner: string): number {
    return this.#byOwner.get(owner)?.length ?? 0;
  }

  push(owner: string, item: Item): void {
    const own = this.#byOwner.get(owner);
    if (own === undefined) this.#byOwner.set(owner, [item]);
    else own.push(item);
  }

  /** The first item of the owner whose turn it is, of those that may have one. */
  take(mayHaveTurn: (owner: string) => boolean): Item | undefined {
    for (const [owner, own] of this.#byOwner) {
      if (!mayHaveTurn(owner)) continue;
      const item = own.shift()!;
      this.#byOwner.delete(owner);
      if (own.length > 0) this.#byOwner.set(owner, own); // behind the others
      return item;
    }
    return undefined;
  }

  remove(owner: string, item: Item): void {
    const own = this.#byOwner.get(owner) ?? [];
    const index = own.indexOf(item);
    if (index !== -1) own.splice(index, 1);
    if (own.length === 0) this.#byOwner.delete(owner);
  }
}
