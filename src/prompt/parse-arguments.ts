import { Float } from './jinja/index.ts';

/** Half of a UTF-16 pair, which marks numbers that stand in strings for a moment. */
const mark = '\uDC02';

const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON as Python reads it, so that a template writes numbers as they were written: whole ones of any length,
 * and others with their point.
 * @param text - JSON, checked.
 */
export function parseArguments(text: string): unknown {
  const marked = text.replace(tokens, (token) => {
    if (token.startsWith('"') || /^-?\d{1,15}$/.test(token)) return token;
    return `"${mark}${token}"`;
  });
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? toNumber(value.slice(1)) : value,
  ) as unknown;
}

function toNumber(text: string): bigint | Float {
  return /^-?\d+$/.test(text) ? BigInt(text) : new Float(Number(text));
}
