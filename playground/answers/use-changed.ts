import { useEffect, useRef } from 'preact/hooks';

/**
 * Calls `onChange` after `value` has changed, not at the first value: at once where `isFree`, so that what
 * is quick follows every move; else when the value has rested for `delayMs`.
 */
export function useChanged(
  value: unknown,
  isFree: boolean,
  delayMs: number,
  onChange: () => void,
): void {
  const latest = useRef({ isFree, onChange });
  latest.current = { isFree, onChange };
  const seen = useRef(value);
  useEffect(() => {
    if (seen.current === value) return undefined;
    seen.current = value;
    const timer = setTimeout(() => latest.current.onChange(), latest.current.isFree ? 0 : delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
}
