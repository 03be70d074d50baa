import { ConstraintError } from '../spec/index.ts';
import { isWellFormed } from './code-points.ts';
import type { Grammar } from './grammar.ts';
import { constraintLimits } from './limits.ts';

/** One of `texts`. @throws ConstraintError if there is none, or too many, or one is not Unicode. */
export function parseChoice(texts: readonly string[]): Grammar {
  if (texts.length === 0)
    throw new ConstraintError('', 'The choice is empty: list a text or more.');
  if (texts.length > constraintLimits.options) {
    throw new ConstraintError(
      '',
      `The choice has ${texts.length} texts; at most ${constraintLimits.options} are allowed.`,
    );
  }
  let length = 0;
  const options = texts.map((text, i) => {
    if (typeof text !== 'string') {
      throw new ConstraintError(
        `/${i}`,
        `Text ${i} of the choice is a ${typeof text}, not a string.`,
      );
    }
    if (!isWellFormed(text)) {
      throw new ConstraintError(`/${i}`, `Text ${i} of the choice has half a surrogate pair.`);
    }
    length += text.length;
    return { kind: 'text', text } as const;
  });
  if (length > constraintLimits.optionsLength) {
    throw new ConstraintError(
      '',
      `The texts of the choice have ${length} characters; at most ${constraintLimits.optionsLength} are allowed.`,
    );
  }
  return { root: 'root', rules: new Map([['root', { kind: 'choice', options }]]) };
}
