/**
 * Counts what reading texts and making masks costs: nodes of the vocabulary's tree that are visited,
 * frames of stacks that are merged. Long work pauses where it has spent what it was given.
 */
export class Meter {
  spent = 0;
  /** Work pauses as soon as it can once so much is spent. */
  #until = Infinity;

  get isOver(): boolean {
    return this.spent >= this.#until;
  }

  allow(steps: number): void {
    this.#until = this.spent + steps;
  }
}
