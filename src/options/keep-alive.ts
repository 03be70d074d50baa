import { InvalidOptionError } from '../spec/index.ts';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Longer than a timer can be: for good. */
const longestMs = 2 ** 31 - 1;

/**
 * How long a recipe stays loaded when nobody uses it, as Ollama writes it: seconds, or a text such as
 * `10m`, `1h30m` or `500ms`; 0 unloads it at once, a negative one never.
 * @param name - Of what is read, for the error.
 * @returns Milliseconds; `null` for never.
 * @throws InvalidOptionError
 */
export function readKeepAlive(name: string, value: string | number): number | null {
  const ms = typeof value === 'number' ? value * 1000 : readDuration(value);
  if (Number.isNaN(ms)) {
    throw new InvalidOptionError(
      name,
      `${name} must be seconds, or a duration such as 10m, 1h30m or 500ms; 0 unloads at once, -1 never: not ${JSON.stringify(value)}.`,
    );
  }
  return ms < 0 || ms > longestMs ? null : ms;
}

function readDuration(text: string): number {
  const trimmed = text.trim();
  if (/^-?\d{1,15}(?:\.\d{1,9})?$/.test(trimmed)) return Number(trimmed) * 1000;
  const [, sign, rest] = /^(-?)((?:\d{1,15}(?:\.\d{1,9})?(?:ms|[smh])){1,4})$/.exec(trimmed) ?? [];
  if (rest === undefined) return Number.NaN;
  const parts = rest.matchAll(/([\d.]+)(ms|[smh])/g);
  const total = [...parts].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units],
    0,
  );
  return sign === '-' ? -1 : total;
}
