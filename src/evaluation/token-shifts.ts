import { InvalidOptionError, type GeneratedToken } from '../spec/index.ts';
import { mean } from './statistics/mean.ts';
import type { TokenKind } from './token-kinds.ts';

/** What steering did to one token of an answer. */
export interface TokenShift {
  readonly kind: TokenKind;
  /** In its answer, from 0. */
  readonly position: number;
  /** `p_composed − p_base` of the chosen token, −1 to 1. */
  readonly probability: number;
  /** `KL(composed ‖ base)`, in nats. */
  readonly kl: number;
  /** Whether the most probable token is another one than the base's. */
  readonly changed: boolean;
}

/** Means over a group of tokens. */
export interface ShiftSummary {
  readonly count: number;
  readonly probability: number;
  /** In nats. */
  readonly kl: number;
  /** Share of tokens whose most probable one changed, 0 to 1. */
  readonly changed: number;
}

/** Positions from `from` up to, not including, the next group's. */
export interface PositionGroup extends ShiftSummary {
  readonly from: number;
}

/** Where groups of positions begin unless they are given: the opening apart from the body. */
const defaultPositionGroups: readonly number[] = [0, 1, 2, 4, 8, 16, 32, 64];

/** Where a token stands, and what it is. */
export type TokenPlace = Pick<TokenShift, 'kind' | 'position'>;

/**
 * The shift of one token that was generated with `trace`, before rewards.
 * @param baseModel - The base's name in the recipe.
 * @throws InvalidOptionError if the token has no trace, or its trace no term of that model.
 */
export function toTokenShift(
  { trace }: Pick<GeneratedToken, 'trace'>,
  baseModel: string,
  { kind, position }: TokenPlace,
): TokenShift {
  const best = trace?.topAfter[0];
  if (trace === undefined || best === undefined) {
    throw new InvalidOptionError(
      'trace',
      `Token ${position} of the answer has no trace: generate with trace: true.`,
    );
  }
  const terms = trace.models ?? trace.terms;
  const base = terms.find(({ model }) => model === baseModel);
  if (base === undefined) {
    const models = terms.map(({ model }) => model).join(', ');
    throw new InvalidOptionError(
      'baseModel',
      `The trace of token ${position} has no term of "${baseModel}", only of ${models}.`,
    );
  }
  return {
    kind,
    position,
    probability: Math.exp(base.logprob + trace.shift) - Math.exp(base.logprob),
    kl: trace.kl,
    changed: best.tokenId !== trace.baseChoice.tokenId,
  };
}

/** Kinds in the order they first occur. */
export function shiftsByKind(shifts: readonly TokenShift[]): ReadonlyMap<TokenKind, ShiftSummary> {
  const kinds = [...new Set(shifts.map(({ kind }) => kind))];
  return new Map(
    kinds.map((kind) => [kind, summarise(shifts.filter((shift) => shift.kind === kind))]),
  );
}

/**
 * Groups that hold a token.
 * @param starts - First position of each group, ascending from 0.
 * @throws InvalidOptionError unless they are.
 */
export function shiftsByPosition(
  shifts: readonly TokenShift[],
  starts: readonly number[] = defaultPositionGroups,
): PositionGroup[] {
  if (starts[0] !== 0 || starts.some((start, i) => i > 0 && !(start > starts[i - 1]!))) {
    throw new InvalidOptionError(
      'starts',
      `starts must be positions ascending from 0, not ${starts.join(', ')}.`,
    );
  }
  return starts.flatMap((from, i) => {
    const to = starts[i + 1] ?? Infinity;
    const group = shifts.filter(({ position }) => position >= from && position < to);
    return group.length === 0 ? [] : [{ from, ...summarise(group) }];
  });
}

function summarise(shifts: readonly TokenShift[]): ShiftSummary {
  return {
    count: shifts.length,
    probability: mean(shifts.map(({ probability }) => probability)),
    kl: mean(shifts.map(({ kl }) => kl)),
    changed: mean(shifts.map(({ changed }) => (changed ? 1 : 0))),
  };
}
