/** Delays that double from `minMs` to `maxMs`. */
export function createBackoff({ minMs, maxMs }: { minMs: number; maxMs: number }): {
  next(): number;
  reset(): void;
} {
  let delayMs = minMs;
  return {
    next: () => {
      const now = delayMs;
      delayMs = Math.min(maxMs, delayMs * 2);
      return now;
    },
    reset: () => {
      delayMs = minMs;
    },
  };
}
