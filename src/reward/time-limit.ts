import { InvalidOptionError } from '../spec/index.ts';

/** What a timer can wait: a longer time would pass at once. */
const longestMs = 2 ** 31 - 1;

/** @throws InvalidOptionError for anything but a time above 0 that a timer can wait. */
export function checkTimeLimit(timeoutMs: number): void {
  if (timeoutMs > 0 && timeoutMs <= longestMs) return;
  throw new InvalidOptionError(
    'timeoutMs',
    `timeoutMs is ${timeoutMs}, but must be a number of milliseconds above 0, at most ${longestMs}.`,
  );
}
