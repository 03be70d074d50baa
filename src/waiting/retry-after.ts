/**
 * How long an answer's `Retry-After` asks to wait, in milliseconds: seconds, or a date by the clock of whoever answered;
 * `null` for what is neither.
 * @param date - The answer's `Date`.
 * @see RFC 9110, 10.2.3
 */
export function retryAfterMs(written: string | undefined, date: string | undefined): number | null {
  if (written === undefined) return null;
  if (/^\d+(?:\.\d+)?$/.test(written)) return Number(written) * 1000;
  const delay = Date.parse(written) - Date.parse(date ?? '');
  return Number.isFinite(delay) ? Math.max(0, delay) : null;
}
