import { InvalidArgumentError } from 'commander';

/** Reads a flag's number. @throws InvalidArgumentError, which commander turns into a usage error. */
export function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

/** An integer of at least 1. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = parseNumber(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It must be an integer of at least 1.');
}

/** An integer of at least 0. @throws InvalidArgumentError */
export function parseWhole(text: string): number {
  const whole = parseNumber(text);
  if (Number.isSafeInteger(whole) && whole >= 0) return whole;
  throw new InvalidArgumentError('It must be an integer of at least 0.');
}

/** A number above 0. @throws InvalidArgumentError */
export function parsePositive(text: string): number {
  const value = parseNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** @throws InvalidArgumentError */
export function parsePort(text: string): number {
  const port = parseNumber(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be an integer from 0 to 65535.');
}

export function parseNumbers(text: string): number[] {
  return text.split(',').map(parseNumber);
}

/** `name=number`, for flags that may be given again. */
export function collectNumbers(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const [name = '', value = ''] = splitOnce(text);
  if (name === '') throw new InvalidArgumentError('It must be written NAME=NUMBER.');
  return { ...before, [name]: parseNumber(value) };
}

export function collectTexts(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function splitOnce(text: string): string[] {
  const at = text.indexOf('=');
  return at === -1 ? [] : [text.slice(0, at), text.slice(at + 1)];
}
