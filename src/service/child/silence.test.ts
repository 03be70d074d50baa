import { describe, expect, it } from 'vitest';

import { fakeTimers } from '../../../test/support/fake-timers.ts';
import { watchForSilence } from './silence.ts';

function watch(limitMs: number) {
  const timers = fakeTimers();
  let silences = 0;
  const watching = watchForSilence(limitMs, () => silences++, timers.startTimer);
  return { watching, timers, silences: () => silences };
}

describe('watching for silence', () => {
  it('calls once, when nothing was heard for as long as the limit', () => {
    const { timers, silences } = watch(2000);
    timers.advance(1999);
    expect(silences()).toBe(0);
    timers.advance(1);
    expect(silences()).toBe(1);
    timers.advance(100_000);
    expect([silences(), timers.delays]).toEqual([1, []]);
  });

  it('begins anew with whatever is heard', () => {
    const { timers, silences, watching } = watch(2000);
    for (let i = 0; i < 50; i++) {
      timers.advance(1500);
      watching.heard();
    }
    expect(silences()).toBe(0);
    timers.advance(2000);
    expect(silences()).toBe(1);
  });

  it('looks four times in a limit: one timer that fires late is not silence', () => {
    const { timers, silences, watching } = watch(2000);
    expect(timers.delays).toEqual([500]);
    timers.advance(500); // however late that was
    watching.heard();
    timers.advance(1999);
    expect(silences()).toBe(0);
  });

  it('is over when it is stopped', () => {
    const { timers, silences, watching } = watch(2000);
    timers.advance(1700);
    watching.stop();
    expect(timers.delays).toEqual([]);
    timers.advance(10_000);
    expect(silences()).toBe(0);
  });
});
