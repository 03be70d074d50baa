import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { endAtSentence } from './sentence-end.ts';

it.each([
  ['One. Two. Thr', 'One. Two.'],
  ['One! "Two?" Thr', 'One! "Two?"'],
  ['One. Two.', 'One. Two.'],
  ['It is 3.5 metres. It was 2.', 'It is 3.5 metres. It was 2.'],
  ['Do this:\n\n1. Boil water.\n2. Add the', 'Do this:\n\n1. Boil water.'],
  ['Do this:\n\n1. Boil water\n2. Add the', 'Do this:\n\n1. Boil water'],
  ['Boil it.\n\nSteps:\n1.', 'Boil it.'],
  ['Steps:\n1.', 'Steps:\n1. …'],
  ['Boil it.\n\n**Steps:**\n1. **Bowl:**\n   - Put', 'Boil it.'],
  ['No end at', 'No end at …'],
  ['一つ。二つ。三', '一つ。二つ。'],
  ['**Bold.** And', '**Bold.**'],
])('%j ends as %j', (text, ended) => {
  expect(endAtSentence(text)).toBe(ended);
});

it('is a beginning of the text, and whole where it is asked again', () => {
  const text = fc
    .array(fc.constantFrom('a', 'B', '. ', '!', '?', '\n', ' ', '1', '"'))
    .map((all) => all.join(''));
  fc.assert(
    fc.property(text, (given) => {
      const ended = endAtSentence(given);
      if (ended === `${given.trimEnd()} …`) return;
      expect(given.startsWith(ended)).toBe(true);
      expect(ended).not.toBe('');
    }),
    { numRuns: runs(300) },
  );
});
