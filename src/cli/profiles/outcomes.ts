import { InvalidArgumentError } from 'commander';

import type { PreferenceAnswer } from '../../preference/index.ts';

/** What the user can say of two answers, by key. */
export const outcomes = {
  1: 'first',
  2: 'second',
  t: 'tie',
  s: 'neither',
} as const satisfies Readonly<Record<string, PreferenceAnswer>>;

/** Ends the interview. */
export const quitKey = 'q';

export type OutcomeKey = `${keyof typeof outcomes}`;

/** `1,2,t` → the keys. @throws InvalidArgumentError, which commander turns into a usage error. */
export function parseOutcomeKeys(text: string): OutcomeKey[] {
  return text.split(',').map((part) => {
    const key = part.trim();
    if (Object.hasOwn(outcomes, key)) return key as OutcomeKey;
    throw new InvalidArgumentError(
      `It must be ${Object.keys(outcomes).join(', ')} (first, second, tie, neither), separated by commas.`,
    );
  });
}
