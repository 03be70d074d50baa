import { cellWidth, graphemes } from './width.ts';

/**
 * Breaks text without colours into lines of at most `width` cells, between words where it can. Line
 * breaks stay; spaces at a break go. Indentation and graphemes are kept, which wrap-ansi and its kin do not.
 */
export function wrapText(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, Math.max(1, width)));
}

function wrapParagraph(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.replaceAll('\t', '  ').split(/(?<= )(?=[^ ])/)) {
    if (cellWidth(line + word.trimEnd()) <= width) {
      line += word;
      continue;
    }
    if (line !== '') lines.push(line.trimEnd());
    const pieces = breakWord(word, width);
    line = pieces.pop()!;
    lines.push(...pieces);
  }
  lines.push(line.trimEnd());
  return lines;
}

/** A word longer than a line, in pieces that fit. */
function breakWord(word: string, width: number): string[] {
  if (cellWidth(word.trimEnd()) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const grapheme of graphemes(word)) {
    if (piece !== '' && cellWidth(piece + grapheme) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += grapheme;
  }
  pieces.push(piece);
  return pieces;
}
