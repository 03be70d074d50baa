import { describe, expect, it } from 'vitest';

import { Pace } from './pace.ts';

describe('Pace', () => {
  it('is that of the last ends, and falls while none comes', () => {
    let now = 5000;
    const pace = new Pace(() => now);
    expect(pace.secondsFor(100)).toBe(1);
    for (let i = 0; i < 100; i++) {
      now += 500;
      pace.count();
    }
    expect(pace.secondsFor(12)).toBe(6);
    expect(pace.secondsFor(3)).toBe(2);
    for (let i = 0; i < 32; i++) {
      now += 2000;
      pace.count();
    }
    expect(pace.secondsFor(12)).toBe(24);
    now += 62_000; // as long again as the last 32 took
    expect(pace.secondsFor(12)).toBe(48);
  });

  it('tells nobody to wait less than a second or more than a minute', () => {
    let now = 0;
    const pace = new Pace(() => now);
    for (let i = 0; i < 3; i++) pace.count();
    expect(pace.secondsFor(1000)).toBe(1);
    now = 1e6;
    expect(pace.secondsFor(1)).toBe(60);
  });
});
