import type { Composition } from '../../compose/index.ts';
import type { Certificate } from '../../spec/index.ts';

/** What is known of a position. */
interface Known {
  /** Between what was drawn from and what should have been, at most. */
  readonly totalVariation: number;
  /** Of log-probs, in nats. */
  readonly logprobError: number;
}

const whole: Known = { totalVariation: 0, logprobError: 0 };

/** How far accepted tokens may be from those that whole distributions give. */
export class Certainty {
  readonly #accepted: Known[] = [];
  #current = whole;
  #wantsLogprobs = false;

  /** @param composition - Of the position. */
  note(totalVariation: number, composition: Pick<Composition, 'plan' | 'logprobError'>): void {
    // A row that nobody reads has been changed: its log-probs are not to be had.
    this.#wantsLogprobs ||= composition.plan.keepRows;
    const logprobError = composition.plan.keepRows ? composition.logprobError : 0;
    this.#current = { totalVariation, logprobError };
  }

  /** Of the position that is to be accepted next. */
  get current(): number {
    return this.#current.totalVariation;
  }

  accept(): void {
    this.#accepted.push(this.#current);
    this.#current = whole;
  }

  truncate(length: number): void {
    this.#accepted.length = Math.min(this.#accepted.length, length);
  }

  get certificate(): Certificate {
    const variations = this.#accepted.map(({ totalVariation }) => totalVariation);
    const uncertainTokens = variations.filter((variation) => variation > 0).length;
    return {
      exact: uncertainTokens === 0,
      uncertainTokens,
      totalVariation: Math.max(0, ...variations),
      ...(this.#wantsLogprobs && {
        logprobError: Math.max(0, ...this.#accepted.map(({ logprobError }) => logprobError)),
      }),
    };
  }
}
