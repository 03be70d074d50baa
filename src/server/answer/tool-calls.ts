/** A call as far as an answer's text spells it. */
export interface SpelledCall {
  readonly name: string;
  /** JSON text, or the beginning of one. */
  readonly arguments: string;
}

const header = /^\{\s*"name":\s*"(?<name>[\w-]+)",\s*"arguments":\s*/;

/**
 * The call that a text spells; `undefined` while its function is not known. A longer text has longer
 * arguments: what may be the end of the object around them is left out until it is known not to be.
 * @param name - The function, where the text is its arguments alone.
 * @param isOver - Whether no more text comes: a call that was cut off has no end to leave out.
 */
export function spellCall(
  name: string | null,
  text: string,
  isOver: boolean,
): SpelledCall | undefined {
  if (name !== null) return { name, arguments: text };
  const found = header.exec(text);
  if (found === null) return undefined;
  const rest = text.slice(found[0].length);
  const isCutOff = isOver && !isJson(text);
  return { name: found.groups!['name']!, arguments: isCutOff ? rest : withoutEnd(rest) };
}

function withoutEnd(text: string): string {
  const end = text.trimEnd();
  return (end.endsWith('}') ? end.slice(0, -1) : end).trimEnd();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
