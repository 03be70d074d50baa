import type { GeneratedToken } from '../../src/spec/index.ts';

/** A stretch of the answer's text and the token that wrote it. */
export interface Piece {
  readonly text: string;
  readonly token: GeneratedToken;
}

/**
 * Lays tokens over the text they wrote. A token whose text is not there as it is (a part of a
 * character, shown as U+FFFD) takes what lies before the next one that is; tokens whose text has not
 * arrived, or was cut off at a stop string, are left out, and so is white space at the very start.
 */
export function alignTokens(text: string, tokens: readonly GeneratedToken[]): Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  for (const [index, token] of tokens.entries()) {
    if (position >= text.length) break;
    const end = text.startsWith(token.text, position)
      ? position + token.text.length
      : startOfNext(text, position, tokens.slice(index + 1));
    if (end > position) pieces.push({ text: text.slice(position, end), token });
    position = end;
  }
  const first = pieces.findIndex((piece) => piece.text.trim() !== '');
  return pieces
    .slice(Math.max(first, 0))
    .map((piece, index) => (index === 0 ? { ...piece, text: piece.text.trimStart() } : piece));
}

function startOfNext(text: string, position: number, following: readonly GeneratedToken[]): number {
  for (const { text: next } of following) {
    if (next === '' || next.includes('\uFFFD')) continue;
    const found = text.indexOf(next, position);
    return found === -1 ? text.length : found;
  }
  return text.length;
}
