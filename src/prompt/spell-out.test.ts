import { expect, it } from 'vitest';

import { byteVocabulary, controlToken, endToken } from '../../test/support/byte-vocabulary.ts';
import { withoutControls } from './spell-out.ts';

it('spells control tokens that a text merged into, by characters or bytes', () => {
  const vocabulary = byteVocabulary(['end']);
  const bytes = (text: string) => [...Buffer.from(text)];
  expect(withoutControls(vocabulary, [65, endToken, 66], 'A<|end|>B')).toEqual(bytes('A<|end|>B'));
  const label = (tokenId: number) => (tokenId === endToken ? '<é>' : vocabulary.label(tokenId));
  expect(withoutControls({ ...vocabulary, label }, [endToken], '<é>')).toEqual(bytes('<é>'));
  // What stands for a character that the vocabulary lacks stays.
  expect(withoutControls(vocabulary, [65, controlToken], 'A☃')).toEqual([65, controlToken]);
});
