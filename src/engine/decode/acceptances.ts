/** Tokens drafted for a generation count fully only after some have been tried: until then, what others had. */
const borrowed = 6;

/** Of a drafter nobody has tried. */
const assumed = { tried: 4, accepted: 3 };

/** Tried tokens that are remembered: after so many, older ones count half. */
const memory = 256;

/** How often what was drafted was chosen, by drafter: of one generation, or of all of a recipe. */
export class Acceptances {
  readonly #others: Acceptances | undefined;
  readonly #counts = new Map<string, { tried: number; accepted: number }>();

  /** @param others - What is believed of a drafter at first; it learns of everything, too. */
  constructor(others?: Acceptances) {
    this.#others = others;
  }

  /** @param isAccepted - Whether the token that was chosen is the one that was drafted. */
  record(drafter: string, isAccepted: boolean): void {
    this.#others?.record(drafter, isAccepted);
    const counts = this.#counts.get(drafter) ?? { tried: 0, accepted: 0 };
    this.#counts.set(drafter, counts);
    if (counts.tried >= memory) {
      counts.tried /= 2;
      counts.accepted /= 2;
    }
    counts.tried++;
    if (isAccepted) counts.accepted++;
  }

  /** The share of a drafter's tokens that are chosen, each given that those before it were; in (0, 1). */
  rateOf(drafter: string): number {
    const { tried, accepted } = this.#counts.get(drafter) ?? { tried: 0, accepted: 0 };
    const weight = this.#others === undefined ? assumed.tried : borrowed;
    const before = this.#others?.rateOf(drafter) ?? assumed.accepted / assumed.tried;
    return Math.min(0.99, (accepted + weight * before) / (tried + weight));
  }
}
