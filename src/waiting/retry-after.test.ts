import { expect, it } from 'vitest';

import { retryAfterMs } from './retry-after.ts';

const date = 'Tue, 01 Dec 2026 12:00:00 GMT';

it.each([
  ['3', 3000],
  ['1.5', 1500],
  ['0', 0],
  ['Tue, 01 Dec 2026 12:00:07 GMT', 7000],
  ['Tue, 01 Dec 2026 11:00:00 GMT', 0],
  ['', null],
  ['soon', null],
  [undefined, null],
])('reads %j', (written, wanted) => {
  expect(retryAfterMs(written, date)).toBe(wanted);
});

it('knows no date without the clock that it is by', () => {
  expect(retryAfterMs(date, undefined)).toBeNull();
});
