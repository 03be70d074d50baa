import type { Continuations, RewardSession, TokenId } from '../../spec/index.ts';

/**
 * Where the values of one or several rewards come from while one answer is made: a session of a
 * reward, a scalar model with several heads, or rows of next-token values.
 */
export interface RewardScorer extends Disposable {
  /** The rewards it gives values of. */
  readonly names: readonly string[];
  /** Whether each value costs something: those that do not are asked of all candidates. */
  readonly isCostly: boolean;
  /** Values of the accepted tokens followed by each continuation, shape `[names][continuations]`. */
  score(
    continuations: Continuations,
    signal: AbortSignal,
  ): readonly Float64Array[] | Promise<readonly Float64Array[]>;
  /** Values of the accepted tokens as an answer that ended with `end`, or was cut off, shape `[names]`. */
  value(end: TokenId | null, signal: AbortSignal): Promise<readonly number[]>;
  accept(tokens: readonly TokenId[]): void;
  truncate(length: number): void;
  /** Gives up what it holds in caches that others want, … */
  park?(): void;
  /** … and computes it again. @throws KvCacheFullError */
  resume?(): void;
}

/** A reward's session as a scorer. */
export function sessionScorer(
  name: string,
  session: RewardSession,
  isCostly: boolean,
): RewardScorer {
  const accepted: TokenId[] = [];
  return {
    names: [name],
    isCostly,
    score(continuations, signal) {
      const values = session.score(continuations, signal);
      return values instanceof Float64Array ? [values] : values.then((each) => [each]);
    },
    async value(end, signal) {
      const [values] = await scoreLast(this, accepted, end, signal);
      return [values![0]!];
    },
    accept(tokens) {
      accepted.push(...tokens);
      session.accept(tokens);
    },
    truncate(length) {
      accepted.length = length;
      session.truncate(length);
    },
    [Symbol.dispose]: () => session[Symbol.dispose](),
  };
}

/** Scores an answer by its last token: the end, or the last one accepted, taken back for the purpose. */
export async function scoreLast(
  scorer: Pick<RewardScorer, 'score' | 'accept' | 'truncate'>,
  accepted: readonly TokenId[],
  end: TokenId | null,
  signal: AbortSignal,
): Promise<readonly Float64Array[]> {
  if (end !== null) return scorer.score([[end]], signal);
  const last = accepted.at(-1)!;
  scorer.truncate(accepted.length - 1);
  try {
    return await scorer.score([[last]], signal);
  } finally {
    scorer.accept([last]);
  }
}
