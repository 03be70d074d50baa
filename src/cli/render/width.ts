const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

// East Asian wide and fullwidth blocks, and what is drawn as an emoji.
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\uFE0F/u;
const invisible = /^[\p{Mark}\p{Cf}\p{Cc}]+$/u;
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with one
const styling = /\u001B\[[0-9;]*m/g;

/** What a reader sees as single characters. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Terminal cells of a text without line breaks; its colours take none. */
export function cellWidth(text: string): number {
  const plain = text.replace(styling, '');
  if (/^[\u0020-\u007E]*$/.test(plain)) return plain.length;
  return graphemes(plain).reduce((width, grapheme) => width + graphemeWidth(grapheme), 0);
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

/** Spaces behind the text up to `width` cells. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - cellWidth(text))) + text;
}
