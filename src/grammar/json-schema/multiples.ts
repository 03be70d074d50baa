import type { Expression } from '../grammar.ts';
import { digitOf } from './digit-ranges.ts';
import { choice, sequence, text } from './expressions.ts';

/** Names a rule and writes it once: rules of one name are the same in all grammars. */
export type DefineRule = (name: string, write: () => Expression) => Expression;

/** Integers of an inclusive range that are multiples of a step; `undefined` if there is none. */
export function multiplesWithin(
  from: bigint,
  to: bigint,
  step: bigint,
  define: DefineRule,
): Expression | undefined {
  const digits = new MultiplesWriter(step, define);
  const positive = to < 0n ? [] : digits.natural(from > 0n ? from : 0n, to);
  const negative = from >= 0n ? [] : digits.natural(to < 0n ? -to : 1n, -from);
  return oneOf([...positive, ...negative.map((item) => sequence(text('-'), item))]);
}

function oneOf(options: readonly Expression[]): Expression | undefined {
  return options.length === 0 ? undefined : choice(options);
}

/** Long division: what is known of the digits so far is the rest that they leave. */
class MultiplesWriter {
  readonly #step: bigint;
  readonly #define: DefineRule;

  constructor(step: bigint, define: DefineRule) {
    this.#step = step;
    this.#define = define;
  }

  /** The options for natural numbers, by their length. */
  natural(from: bigint, to: bigint): Expression[] {
    const lengths = String(to).length - String(from).length + 1;
    return Array.from({ length: lengths }, (_, i) => {
      const length = String(from).length + i;
      const low = i === 0 ? String(from) : `1${'0'.repeat(length - 1)}`;
      const high = i === lengths - 1 ? String(to) : '9'.repeat(length);
      return this.#between(low, high, 0n) ?? [];
    }).flat();
  }

  /** Digits between two texts of their length, behind digits that leave `rest`. */
  #between(low: string, high: string, rest: bigint): Expression | undefined {
    if (low === '') return rest === 0n ? text('') : undefined;
    if (/^0+$/.test(low) && /^9+$/.test(high)) return this.#any(low.length, rest);
    const [first, last] = [Number(low[0]), Number(high[0])];
    const others = low.length - 1;
    return this.#digits(first, last, rest, (digit, next) =>
      this.#between(
        digit === first ? low.slice(1) : '0'.repeat(others),
        digit === last ? high.slice(1) : '9'.repeat(others),
        next,
      ),
    );
  }

  #any(count: number, rest: bigint): Expression | undefined {
    if (count === 0) return rest === 0n ? text('') : undefined;
    if (!this.#canEnd(count, rest)) return undefined;
    return this.#define(`multiples of ${this.#step}, ${count} digits behind ${rest}`, () => {
      const option = (_: number, next: bigint) => this.#any(count - 1, next);
      return this.#digits(0, 9, rest, option)!;
    });
  }

  /** Whether some digits behind the rest make a multiple. */
  #canEnd(count: number, rest: bigint): boolean {
    const ten = 10n ** BigInt(count);
    const next = ((rest * ten + this.#step - 1n) / this.#step) * this.#step;
    return next < (rest + 1n) * ten;
  }

  /** A digit, and what may follow it. */
  #digits(
    first: number,
    last: number,
    rest: bigint,
    follow: (digit: number, next: bigint) => Expression | undefined,
  ): Expression | undefined {
    const options: Expression[] = [];
    for (let digit = first; digit <= last; digit++) {
      const following = follow(digit, (rest * 10n + BigInt(digit)) % this.#step);
      if (following !== undefined) options.push(sequence(digitOf([digit]), following));
    }
    return oneOf(options);
  }
}
