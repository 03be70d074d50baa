import { useEffect, useRef } from 'preact/hooks';

/**
 * Calls `onChange` after `value` has changed, not at the first value: at once where `isFree`, so that what
 * is quick follows every move; else when the value has rested for `delayMs`. Returns a function that
 * drops the call in waiting.
 */
export function useChanged(
  value: unknown,
  isFree: boolean,
  delayMs: number,
  onChange: () => void,
): () => void {
  const latest = useRef({ isFree, onChange });
  latest.current = { isFree, onChange };
  const seen = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (seen.current === value) return undefined;
    seen.current = value;
    const wait = latest.current.isFree ? 0 : delayMs;
    timer.current = setTimeout(() => latest.current.onChange(), wait);
    return () => clearTimeout(timer.current);
  }, [value, delayMs]);
  return () => clearTimeout(timer.current);
}
