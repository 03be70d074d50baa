import { EmptySupportError, type ConstraintState, type TokenId } from '../spec/index.ts';

/**
 * An answer that is to keep to two constraints. Each sees to it that it can be met within the budget, and neither knows of the
 * other: where they leave no token in common, the answer ends with an error.
 */
export class BothConstraints implements ConstraintState {
  readonly #states: readonly [ConstraintState, ConstraintState];
  #mask = new Uint32Array(0);

  constructor(one: ConstraintState, other: ConstraintState) {
    this.#states = [one, other];
  }

  get length(): number {
    return this.#states[0].length;
  }

  get canEnd(): boolean {
    return this.#states.every((state) => state.canEnd);
  }

  get mustEnd(): boolean {
    return this.#states.some((state) => state.mustEnd);
  }

  mask(budget: number): Uint32Array {
    const [one, other] = this.#states;
    const first = one.mask(budget);
    if (this.#mask.length !== first.length) this.#mask = new Uint32Array(first.length);
    this.#mask.set(first);
    const second = other.mask(budget);
    let some = 0;
    for (let i = 0; i < second.length; i++) some |= this.#mask[i]! &= second[i]!;
    if (some !== 0) return this.#mask;
    throw new EmptySupportError('Two constraints leave no token that both allow.');
  }

  prepareMask(budget: number, steps: number): boolean {
    return this.#states.every((state) => state.prepareMask(budget, steps));
  }

  /** What the one forces, the other may refuse: each token is looked at in the masks. */
  forced(): readonly TokenId[] {
    return [];
  }

  allows(tokenId: TokenId, budget: number): boolean {
    return this.#states.every((state) => state.allows(tokenId, budget));
  }

  accept(tokenId: TokenId): void {
    for (const state of this.#states) state.accept(tokenId);
  }

  truncate(length: number): void {
    for (const state of this.#states) state.truncate(length);
  }
}
