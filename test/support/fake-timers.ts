import type { StartTimer } from '../../src/waiting/index.ts';

/** Timers that fire when a test says that time has gone by. */
export interface FakeTimers {
  readonly startTimer: StartTimer;
  /** Delays of the timers that have neither fired nor been called off, in the order of their start. */
  readonly delays: readonly number[];
  /** Lets so many milliseconds go by; what fires may start others, which fire in their turn. */
  advance(ms: number): void;
}

export function fakeTimers(): FakeTimers {
  const timers = new Set<{ readonly delayMs: number; readonly at: number; call(): void }>();
  let now = 0;
  return {
    startTimer: (delayMs, call) => {
      const timer = { delayMs, at: now + delayMs, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get delays() {
      return Array.from(timers, ({ delayMs }) => delayMs);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].toSorted((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) break;
        now = next.at;
        timers.delete(next);
        next.call();
      }
      now = end;
    },
  };
}
