import type { Output } from './output.ts';

/**
 * One JSON value on stdout. Control characters that JSON lets through are escaped, so that it may be
 * read on a terminal; numbers that JSON has not (`-Infinity`) are `null`.
 */
export function writeJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2).replace(c1, escapeUnit)}\n`);
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const c1 = /[\u007F-\u009F]/g;

function escapeUnit(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
