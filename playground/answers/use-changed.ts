import { useEffect, useRef } from 'preact/hooks';

/** Calls `then` once `value` has changed and has rested for `delayMs`. Not at the first value. */
export function useChanged(value: unknown, delayMs: number, then: () => void): void {
  const callback = useRef(then);
  callback.current = then;
  const seen = useRef(value);
  useEffect(() => {
    if (seen.current === value) return undefined;
    seen.current = value;
    const timer = setTimeout(() => callback.current(), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
}
