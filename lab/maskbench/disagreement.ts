/** Where a token stands that one allows and the other does not. */
export type Reason =
  | 'white space'
  | 'escape'
  | 'part of a character'
  | 'control character'
  | 'in a name'
  | 'in a string'
  | 'in a number'
  | 'between values';

/**
 * What a token would write, by the JSON text before it: the two have white space, escapes, the order of names, numbers and strings of their
 * own, within what a schema says.
 */
export function explain(before: string, piece: string): Reason {
  const { isString, isName } = placeOf(before);
  // Also behind the end of a string, or of a number or a word.
  if (isString ? /"[^"]*\s/.test(piece) : /\s/.test(piece)) return 'white space';
  if (piece.includes('\uFFFD')) return 'part of a character';
  if (/\p{Cc}/u.test(piece)) return 'control character';
  if (piece.includes('\\')) return 'escape';
  if (isString) return isName ? 'in a name' : 'in a string';
  if (/[0-9.eE+-]$/.test(before) || /^[0-9-]/.test(piece)) return 'in a number';
  return piece.includes('"') && isName ? 'in a name' : 'between values';
}

/** Whether a text ends in a string, and whether the string that is there or comes next is a name. */
function placeOf(text: string): { isString: boolean; isName: boolean } {
  const open: ('{' | '[')[] = [];
  let isString = false;
  let isName = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!;
    if (isString) {
      if (unit === '\\') i++;
      else if (unit === '"') isString = false;
    } else if (unit === '"') isString = true;
    else if (unit === '{' || unit === '[') {
      open.push(unit);
      isName = unit === '{';
    } else if (unit === '}' || unit === ']') open.pop();
    else if (unit === ',') isName = open.at(-1) === '{';
    else if (unit === ':') isName = false;
  }
  return { isString, isName };
}
