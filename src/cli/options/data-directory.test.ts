import { expect, it } from 'vitest';

import { storeWords } from './data-directory.ts';

it.each([
  ['postgres://ann@host/db', 'postgres://ann@host/db'],
  ['postgres://ann:secret@host:5432/db', 'postgres://ann@host:5432/db'],
  ['postgres://host/db?user=ann&password=secret', 'postgres://host/db?user=ann'],
  ['postgres://host/db?password=secret&sslmode=require', 'postgres://host/db?sslmode=require'],
  ['postgres://host/db?Password=secret', 'postgres://host/db'],
])('names the database of %s again, without a password', (store, named) => {
  expect(storeWords({ store })).toBe(` --store ${named}`);
});

it('names a folder again', () => {
  expect(storeWords({ dataDir: 'mine' })).toBe(' --data-dir mine');
  expect(storeWords({})).toBe('');
});
