import { createHash } from 'node:crypto';

/**
 * 64 bits of the SHA-256 of a value's JSON, its keys sorted, as 16 hexadecimal digits: the same for
 * equal values, whatever the order of their keys.
 */
export function contentId(value: unknown): string {
  const json = JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? sorted(part) : part));
  return createHash('sha256').update(json).digest('hex').slice(0, 16);
}

function sorted(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
