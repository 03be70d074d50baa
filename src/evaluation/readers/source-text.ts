import path from 'node:path';

import { InvalidOptionError } from '../../spec/index.ts';

/** A line of a file; numbers count from 1. */
export interface SourceLine {
  readonly number: number;
  readonly text: string;
}

/** The text of a file without a byte order mark, its lines ended by `\n` alone. */
export function plainLines(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}

/** The lines of a file that are not blank. */
export function filledLines(text: string): SourceLine[] {
  return plainLines(text)
    .split('\n')
    .map((line, i) => ({ number: i + 1, text: line }))
    .filter((line) => line.text.trim() !== '');
}

/** What a task is called that is read from a file: the file's name without folder and extension. */
export function taskName(file: string): string {
  return path.parse(file).name;
}

/** @throws InvalidOptionError `file:line: fault` */
export function refuseLine(file: string, line: number, fault: string): never {
  throw new InvalidOptionError(`${file}:${line}`, `${file}:${line}: ${fault}`);
}
