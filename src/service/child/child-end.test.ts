import { describe, expect, it } from 'vitest';

import { describeEnd, toUnavailable } from './child-end.ts';

describe('how a process ended', () => {
  it('is told with its pid, where it had one', () => {
    expect(describeEnd(12, 'crashed (SIGABRT)', []).summary).toBe(
      "The engine's process (pid 12) crashed (SIGABRT).",
    );
    expect(describeEnd(undefined, 'could not be started: no file', []).summary).toBe(
      "The engine's process could not be started: no file.",
    );
  });

  it('quotes its last three lines; all of them are the cause', () => {
    const lines = ['one', 'two', 'three', 'four'];
    const error = toUnavailable(describeEnd(12, 'crashed', lines), 'Try again.');
    expect(error.message).toBe(
      "The engine's process (pid 12) crashed. Try again. Its last words: two | three | four",
    );
    expect(error.cause).toEqual(new Error('one\ntwo\nthree\nfour'));
  });

  it('says nothing of last words where there were none', () => {
    const error = toUnavailable(describeEnd(12, 'crashed', []), 'Try again.');
    expect(error.message).toBe("The engine's process (pid 12) crashed. Try again.");
    expect('cause' in error).toBe(false);
  });
});
