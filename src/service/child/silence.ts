import type { StartTimer } from '../../waiting/index.ts';

/** A limit is counted in so many looks. */
const looks = 4;

/**
 * Calls `onSilence` when `heard` was not called for `limitMs`. It counts its own timers rather than the
 * clock: where this process itself stood still (a long pause, a suspended machine), one of them fires
 * late, not all, and what was said meanwhile is heard before the next.
 */
export function watchForSilence(
  limitMs: number,
  onSilence: () => void,
  startTimer: StartTimer,
): { heard(): void; stop(): void } {
  let silentLooks = 0;
  let stop = startTimer(limitMs / looks, look);

  function look(): void {
    silentLooks++;
    if (silentLooks >= looks) onSilence();
    else stop = startTimer(limitMs / looks, look);
  }

  return {
    heard: () => {
      silentLooks = 0;
    },
    stop: () => stop(),
  };
}
