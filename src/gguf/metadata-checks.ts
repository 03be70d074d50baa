import { GgufError } from '../spec/index.ts';
import type { Metadata, MetadataValue } from './values.ts';

export const forged = 'The file is corrupt or forged: download or convert it again.';

export function refuse(key: string, what: string): GgufError {
  const field = `metadata["${key}"]`;
  return new GgufError(field, `${field} ${what} ${forged}`);
}

/**
 * The text under a key, if there is any; llama.cpp reads it up to the first zero byte, so there must be
 * none. @throws GgufError
 */
export function requireString(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== 'string') throw refuse(key, `must be a string, but is of type ${value.type}.`);
  if (value.value.includes('\0')) throw refuse(key, 'has a zero byte inside.');
  return value.value;
}

/** llama.cpp reads a name up to its first zero byte: it would be another one. @throws GgufError */
export function refuseZero(name: string, field: string): void {
  if (!name.includes('\0')) return;
  throw new GgufError(field, `${field} has a zero byte inside. ${forged}`);
}

/** The value as a number if it is an integer of any width. */
export function integerOf(value: MetadataValue | undefined): number | undefined {
  const number = typeof value?.value === 'bigint' ? Number(value.value) : value?.value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

export function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
