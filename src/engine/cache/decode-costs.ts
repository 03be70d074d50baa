/** Tokens of a decode up to which it is told by itself; longer ones are prompts. */
const mostTokens = 64;

/** How much of a new measurement counts. */
const novelty = 0.2;

/** Of one token, what a second one costs until it is measured. */
const assumedSlope = 0.3;

/** What decodes of one context take by their number of tokens: measured, and kept up to date. */
export class DecodeCosts {
  /** Milliseconds by tokens, ascending. */
  readonly #measured: (number | undefined)[] = [];

  /** @param tokens - Of one decode. @param milliseconds - That it took, with what was done with its rows. */
  record(tokens: number, milliseconds: number): void {
    if (tokens < 1 || tokens > mostTokens) return;
    const before = this.#measured[tokens];
    // What another program's turn did to one decode must not count for a hundred.
    const measured = before === undefined ? milliseconds : Math.min(milliseconds, 3 * before);
    this.#measured[tokens] =
      before === undefined ? measured : before + novelty * (measured - before);
  }

  /** Milliseconds of a decode of `tokens`: between those that were measured on a line; `undefined` before there are any. */
  of(tokens: number): number | undefined {
    const own = this.#measured[tokens];
    if (own !== undefined) return own;
    const below = this.#nearest(tokens, -1);
    const above = this.#nearest(tokens, 1);
    if (below === undefined) return above?.ms;
    if (above === undefined) {
      return below.ms * (1 + (assumedSlope * (tokens - below.tokens)) / below.tokens);
    }
    const share = (tokens - below.tokens) / (above.tokens - below.tokens);
    return below.ms + share * (above.ms - below.ms);
  }

  #nearest(
    from: number,
    step: number,
  ): { readonly tokens: number; readonly ms: number } | undefined {
    for (let tokens = from + step; tokens >= 1 && tokens < this.#measured.length; tokens += step) {
      const ms = this.#measured[tokens];
      if (ms !== undefined) return { tokens, ms };
    }
    return undefined;
  }
}
