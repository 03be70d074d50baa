import { RE2JS } from 're2js';
import { InvalidOptionError } from '../spec/index.ts';
import type { Reward } from '../spec/index.ts';
import { createTextReward, eachCandidate } from './text-reward.ts';

export interface PatternsRewardOptions {
  readonly name: string;
  /** What one match adds, by regular expression in RE2's syntax. */
  readonly patterns: ReadonlyMap<string, number>;
}

/**
 * Instructions that one compiled pattern may have: time is proportional to them and to the text. Ordinary
 * patterns have some tens; repetitions are written out, so that `(a{100}){100}` has 10,000.
 */
const largestProgram = 2000;

/**
 * `Σ weight × matches` of regular expressions. Matches do not overlap, and a match of nothing does not
 * count. Patterns run in time linear in the text, whatever they are; so there are no back references and
 * no look-around. Flags stand in the pattern: `(?i)` ignores case, `(?m)` lets `^` and `$` match at lines.
 * @throws InvalidOptionError for a pattern that does not parse or is too large, or a weight that is not
 *   finite.
 * @see Cox 2007, "Regular Expression Matching Can Be Simple And Fast"
 */
export function patternsReward({ name, patterns }: PatternsRewardOptions): Reward {
  const compiled = [...patterns].map(([pattern, weight]) => ({
    expression: compile(pattern),
    weight: finite(pattern, weight),
  }));
  return createTextReward({
    name,
    scope: 'both',
    start: () =>
      eachCandidate(({ text }) =>
        compiled.reduce(
          (sum, { expression, weight }) => sum + weight * matches(expression, text),
          0,
        ),
      ),
  });
}

function compile(pattern: string): RE2JS {
  const refuse = (why: string, cause?: unknown) =>
    new InvalidOptionError(`patterns["${pattern}"]`, `The pattern "${pattern}" ${why}`, { cause });
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(`does not parse: ${reason}. Its syntax is that of RE2.`, error);
  }
  const size = expression.programSize();
  if (size > largestProgram) {
    throw refuse(
      `compiles to ${size} instructions, above the limit of ${largestProgram}: repeat less, or write it as several.`,
    );
  }
  return expression;
}

function finite(pattern: string, weight: number): number {
  if (Number.isFinite(weight)) return weight;
  throw new InvalidOptionError(
    `patterns["${pattern}"]`,
    `The weight of "${pattern}" is ${weight}, but must be a finite number.`,
  );
}

function matches(expression: RE2JS, text: string): number {
  const matcher = expression.matcher(text);
  let count = 0;
  while (matcher.find()) if (matcher.end() > matcher.start()) count += 1;
  return count;
}
