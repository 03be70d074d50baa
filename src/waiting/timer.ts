/** Calls `call` once, in `delayMs` milliseconds; returns what calls it off. Time as an argument. */
export type StartTimer = (delayMs: number, call: () => void) => () => void;

/** The machine's own timers. */
export const systemTimer: StartTimer = (delayMs, call) => {
  const timer = setTimeout(call, delayMs);
  return () => clearTimeout(timer);
};

/** As {@link systemTimer}; a process with nothing else to do ends without waiting for it. */
export const backgroundTimer: StartTimer = (delayMs, call) => {
  const timer = setTimeout(call, delayMs).unref();
  return () => clearTimeout(timer);
};
