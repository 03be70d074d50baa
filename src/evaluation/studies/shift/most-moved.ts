import { shiftsByPosition, type ShiftSummary } from '../../token-shifts.ts';
import type { ShiftedToken } from './answer-shifts.ts';

/** One token text wherever it was chosen. */
export interface MovedToken extends ShiftSummary {
  readonly text: string;
  /** The answer before it, where it moved most. */
  readonly after: string;
}

/** Which token texts are listed. */
export interface MostMovedOptions {
  /** Texts at most. */
  readonly limit?: number;
  /** Texts that were chosen less often are left out: one token is an anecdote. */
  readonly leastCount?: number;
}

export const mostMovedDefaults = {
  limit: 10,
  leastCount: 5,
} as const satisfies MostMovedOptions;

/** Tokens of the answer shown before a moved one. */
const contextTokens = 6;

/**
 * Token texts by their mean change of probability, farthest first.
 * @param answers - Tokens of each answer.
 * @see Liu et al. 2024, "Tuning Language Models by Proxy", arXiv:2401.08565, section 6
 */
export function mostMoved(
  answers: readonly (readonly ShiftedToken[])[],
  options: MostMovedOptions = {},
): MovedToken[] {
  const { limit, leastCount } = { ...mostMovedDefaults, ...options };
  const occurrences = new Map<string, Occurrence[]>();
  for (const answer of answers) {
    for (const token of answer) {
      const known = occurrences.get(token.text);
      if (known === undefined) occurrences.set(token.text, [{ token, answer }]);
      else known.push({ token, answer });
    }
  }
  return [...occurrences]
    .filter(([, found]) => found.length >= leastCount)
    .map(([text, found]) => ({ text, ...summaryOf(found), after: contextOf(farthest(found)) }))
    .toSorted((a, b) => Math.abs(b.probability) - Math.abs(a.probability))
    .slice(0, limit);
}

interface Occurrence {
  readonly token: ShiftedToken;
  readonly answer: readonly ShiftedToken[];
}

function summaryOf(found: readonly Occurrence[]): ShiftSummary {
  const { from: _, ...summary } = shiftsByPosition(
    found.map(({ token }) => token),
    [0],
  )[0]!;
  return summary;
}

function farthest(found: readonly Occurrence[]): Occurrence {
  return found.reduce((most, occurrence) =>
    Math.abs(occurrence.token.probability) > Math.abs(most.token.probability) ? occurrence : most,
  );
}

function contextOf({ token: { position }, answer }: Occurrence): string {
  return answer
    .slice(Math.max(0, position - contextTokens), position)
    .map(({ text }) => text)
    .join('');
}
