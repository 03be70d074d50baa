import { expect, it } from 'vitest';

import { nameFileType } from './file-types.ts';
import { tensorTypeById } from './tensor-types.ts';

it('names file types by their own numbers, which are not those of tensor types', () => {
  expect(nameFileType(15)).toBe('Q4_K_M');
  expect(tensorTypeById.get(15)).toBe('Q8_K');
  expect(nameFileType(17)).toBe('Q5_K_M');
  expect(nameFileType(7)).toBe('Q8_0');
  expect(nameFileType(1024 + 18)).toBe('Q6_K'); // guessed by its converter
});

it('does not name what it does not know', () => {
  for (const id of [undefined, 4, 5, 6, 999, -1, 1.5]) expect(nameFileType(id)).toBeNull();
});
