import { expect, it } from 'vitest';

import { logLevelOf, type LogFlags } from './log-level.ts';

it.each<[boolean, LogFlags, string]>([
  [false, {}, 'info'],
  [true, {}, 'warn'],
  [false, { quiet: true }, 'warn'],
  [true, { logLevel: 'debug' }, 'debug'],
  [false, { logLevel: 'silent', quiet: true }, 'silent'],
])('on a terminal (%s) with %j a server logs from %s on', (isTerminal, flags, level) => {
  expect(logLevelOf({ isTerminal }, flags)).toBe(level);
});
