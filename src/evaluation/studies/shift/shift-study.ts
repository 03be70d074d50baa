import { InvalidOptionError } from '../../../spec/index.ts';
import type { TokenKind } from '../../token-kinds.ts';
import {
  shiftsByKind,
  shiftsByPosition,
  type PositionGroup,
  type ShiftSummary,
} from '../../token-shifts.ts';
import type { ShiftedToken } from './answer-shifts.ts';
import { mostMoved, type MostMovedOptions, type MovedToken } from './most-moved.ts';

interface KindGroup extends ShiftSummary {
  readonly kind: TokenKind;
}

/** What steering did to the tokens of many answers. */
export interface ShiftStudy {
  readonly answers: number;
  readonly all: ShiftSummary;
  /** The most frequent first. */
  readonly kinds: readonly KindGroup[];
  readonly positions: readonly PositionGroup[];
  readonly moved: readonly MovedToken[];
}

/**
 * Means over the tokens of answers, by what they are and where they stand.
 * @param answers - Tokens of each answer. @throws InvalidOptionError if they have none.
 */
export function summariseShifts(
  answers: readonly (readonly ShiftedToken[])[],
  options: MostMovedOptions = {},
): ShiftStudy {
  const tokens = answers.flat();
  const [whole] = shiftsByPosition(tokens, [0]);
  if (whole === undefined) {
    throw new InvalidOptionError(
      'answers',
      `None of the ${answers.length} answers has a token: there is nothing to study.`,
    );
  }
  const { from: _, ...all } = whole;
  return {
    answers: answers.length,
    all,
    kinds: [...shiftsByKind(tokens)]
      .map(([kind, summary]) => ({ kind, ...summary }))
      .toSorted((a, b) => b.count - a.count),
    positions: shiftsByPosition(tokens),
    moved: mostMoved(answers, options),
  };
}
