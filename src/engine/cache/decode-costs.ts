/** Tokens of a decode up to which it is told by itself; longer ones are prompts. */
const mostTokens = 64;

/** How much of a new measurement counts. */
const novelty = 0.2;

/** Of one token, what a second one costs until it is measured. */
const assumedSlope = 0.3;

/** Measurements of one number of tokens before it is believed to be slower than its neighbours say. */
const enough = 3;

/** Decodes after which a measurement is old: the machine may have other work by then. */
const lifetime = 100;

interface Measured {
  readonly ms: number;
  readonly count: number;
  /** Which decode was the last of so many tokens. */
  readonly last: number;
}

/** What decodes of one context take by their number of tokens: measured, and kept up to date. */
export class DecodeCosts {
  /** By tokens. */
  readonly #measured: (Measured | undefined)[] = [];
  #decodes = 0;

  /** @param tokens - Of one decode. @param milliseconds - That it took, with what was done with its rows. */
  record(tokens: number, milliseconds: number): void {
    if (tokens < 1 || tokens > mostTokens) return;
    this.#decodes++;
    const { ms, count } = this.#measured[tokens] ?? { ms: milliseconds, count: 0 };
    // What another program's turn did to one decode must not count for a hundred.
    const measured = Math.min(milliseconds, 3 * ms);
    const share = Math.max(novelty, 1 / (count + 1));
    this.#measured[tokens] = {
      ms: ms + share * (measured - ms),
      count: count + 1,
      last: this.#decodes,
    };
  }

  /** Whether decodes of about so many tokens, a quarter more or less, have been measured enough, and lately. */
  isKnown(tokens: number): boolean {
    const around = Math.floor(tokens / 4);
    return this.#measured
      .slice(Math.max(0, tokens - around), tokens + around + 1)
      .some((each) => each && each.count >= enough && this.#decodes - each.last < lifetime);
  }

  /** Milliseconds of a decode of `tokens`: between those that were measured on a line; `undefined` before there are any. */
  of(tokens: number): number | undefined {
    const own = this.#measured[tokens];
    if (own !== undefined && own.count >= enough) return own.ms;
    const around = this.#between(tokens);
    if (own === undefined || around === undefined) return own?.ms ?? around;
    return Math.min(own.ms, around);
  }

  /** On the line between the nearest numbers that were measured. */
  #between(tokens: number): number | undefined {
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
    for (let tokens = from + step; tokens >= 1 && tokens <= mostTokens; tokens += step) {
      const measured = this.#measured[tokens];
      if (measured !== undefined) return { tokens, ms: measured.ms };
    }
    return undefined;
  }
}
