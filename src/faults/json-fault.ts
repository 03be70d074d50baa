import { placeAt } from './text-place.ts';

/** Why a text is not JSON, and where it stops being so. */
export interface JsonFault {
  /** Of the first character that does not fit, from 1; behind the last one where the text ends too soon. */
  readonly line: number;
  readonly column: number;
  /** What should stand there. */
  readonly expected: string;
}

const space = /[\t\n\r ]*/y;
const token =
  // oxlint-disable-next-line no-control-regex -- a string may not hold them
  /[{}[\],:]|"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?|true|false|null/y;

/** What may come next, and what is said where something else does. */
const expectations = {
  value: 'a value',
  firstElement: 'a value or ]',
  key: 'a name in double quotes',
  firstKey: 'a name in double quotes or }',
  colon: 'a colon',
  nextElement: 'a comma or ]',
  nextKey: 'a comma or }',
  end: 'the end',
} as const;

type Expected = keyof typeof expectations;

/** `JSON.parse` says where only sometimes. `undefined` for a text that is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  /** The closing bracket of each object and array that is open. */
  const open: ('}' | ']')[] = [];
  let expected: Expected = 'value';
  let offset = 0;
  for (;;) {
    offset = endOf(space, text, offset);
    const end = endOf(token, text, offset);
    if (offset === text.length && expected === 'end') return undefined;
    const next: Expected | undefined =
      end === offset ? undefined : step(expected, text.slice(offset, end), open);
    if (next === undefined) return { ...placeAt(text, offset), expected: expectations[expected] };
    expected = next;
    offset = end;
  }
}

/** What may follow a token; `undefined` if it may not stand here. Opens and closes brackets. */
function step(expected: Expected, found: string, open: ('}' | ']')[]): Expected | undefined {
  if (found === '}' || found === ']') {
    const isDue =
      expected === 'firstElement' || expected === 'firstKey' || expected.startsWith('next');
    return isDue && open.pop() === found ? afterValue(open) : undefined;
  }
  if (found === ',') {
    if (expected === 'nextKey') return 'key';
    return expected === 'nextElement' ? 'value' : undefined;
  }
  if (found === ':') return expected === 'colon' ? 'value' : undefined;
  if (expected === 'key' || expected === 'firstKey')
    return found.startsWith('"') ? 'colon' : undefined;
  if (expected !== 'value' && expected !== 'firstElement') return undefined;
  if (found === '{') {
    open.push('}');
    return 'firstKey';
  }
  if (found === '[') {
    open.push(']');
    return 'firstElement';
  }
  return afterValue(open);
}

function afterValue(open: readonly ('}' | ']')[]): Expected {
  const closing = open.at(-1);
  if (closing === undefined) return 'end';
  return closing === '}' ? 'nextKey' : 'nextElement';
}

/** Where a match that begins at `start` ends; `start` if there is none. */
function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}
