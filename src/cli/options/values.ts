import { InvalidArgumentError } from 'commander';

/** Reads a flag's number. @throws InvalidArgumentError, which commander turns into a usage error. */
export function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

/** An integer of at least 1. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  return parseInteger(text, 1);
}

/** An integer of at least 0. @throws InvalidArgumentError */
export function parseWhole(text: string): number {
  return parseInteger(text, 0);
}

/** A number above 0. @throws InvalidArgumentError */
export function parsePositive(text: string): number {
  const value = parseNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** @throws InvalidArgumentError */
export function parsePort(text: string): number {
  return parseInteger(text, 0, 65_535);
}

function parseInteger(text: string, min: number, max?: number): number {
  const value = parseNumber(text);
  if (Number.isSafeInteger(value) && value >= min && value <= (max ?? value)) return value;
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new InvalidArgumentError(`It must be an integer ${range}.`);
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
