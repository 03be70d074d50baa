import { useEffect, useState } from 'preact/hooks';

/** Whether `value` has been true for `delayMs`; turns false at once. */
export function useLasting(value: boolean, delayMs: number): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!value) {
      setLasts(false);
      return undefined;
    }
    const timer = setTimeout(() => setLasts(true), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return value && lasts;
}
