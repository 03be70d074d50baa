import { marked, type Token, type Tokens } from 'marked';

import type { Palette } from './palette.ts';
import { styleText, type Span } from './spans.ts';
import { renderTable } from './table.ts';
import { cellWidth } from './width.ts';
import { wrapText } from './wrap.ts';

/** Where Markdown is shown. */
export interface MarkdownStyle {
  /** Cells of a line. */
  readonly width: number;
  readonly palette: Palette;
}

/** What Markdown is made of, in order; one block where it is too deep to be read. */
function blocksOf(text: string): Token[] {
  try {
    return withoutSpace(marked.lexer(text));
  } catch {
    return [{ type: 'html', raw: text, text, block: true, pre: false }];
  }
}

function withoutSpace(tokens: readonly Token[]): Token[] {
  return tokens.filter(({ type }) => type !== 'space');
}

/**
 * Parts what has come of a text into what is settled whatever follows, and the block that may still grow.
 * @param text - Markdown, cut off anywhere.
 */
export function splitSettled(text: string): readonly [settled: string, growing: string] {
  const last = blocksOf(text).at(-1);
  const at = last === undefined ? -1 : text.lastIndexOf(last.raw);
  return at <= 0 ? ['', text] : [text.slice(0, at), text.slice(at)];
}

/**
 * Lines of Markdown for a terminal: emphasis, headings, lists, quotes and tables by styles; code as it is, between fences.
 * @param text - Without control characters.
 */
export function showMarkdown(text: string, style: MarkdownStyle): string[] {
  try {
    return apart(blocksOf(text).map((block) => renderBlock(block, style)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return wrapText(text, style.width); // nested deeper than there is room for
  }
}

/** With a blank line between each two. */
function apart(blocks: readonly (readonly string[])[]): string[] {
  return blocks.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function renderBlock(block: Token, style: MarkdownStyle): string[] {
  const { palette, width } = style;
  const token = block as
    | Tokens.Heading
    | Tokens.Paragraph
    | Tokens.Text
    | Tokens.Code
    | Tokens.Blockquote
    | Tokens.List
    | Tokens.Table
    | Tokens.Hr
    | Tokens.HTML;
  switch (token.type) {
    case 'heading':
      return styleText(spansOf(token.tokens, palette, palette.bold), width);
    case 'paragraph':
      return styleText(spansOf(token.tokens, palette), width);
    case 'text':
      return styleText(spansOf(token.tokens ?? [token], palette), width);
    case 'code': {
      const fence = '`'.repeat(Math.max(3, longestRun(token.text) + 1));
      const [first, last] = [`${fence}${token.lang ?? ''}`, fence].map(palette.dim);
      return [first!, ...token.text.split('\n'), last!];
    }
    case 'blockquote':
      return indent(
        apart(withoutSpace(token.tokens).map((inner) => renderBlock(inner, narrower(style, 2)))),
        palette.dim('│ '),
      );
    case 'list':
      return renderList(token, style);
    case 'table':
      return renderCells(token, style);
    case 'hr':
      return [palette.dim('─'.repeat(Math.min(width, 40)))];
    case 'html':
    default:
      return wrapText(block.raw.trimEnd(), width);
  }
}

function renderList({ items, ordered, start, loose }: Tokens.List, style: MarkdownStyle): string[] {
  const rendered = items.map((item, i) => {
    const box = item.task ? `${item.checked === true ? '☑' : '☐'} ` : '';
    const marker = ordered ? `${Number(start) + i}. ` : '• ';
    const lead = `${marker}${box}`;
    const inner = withoutSpace(item.tokens)
      .filter(({ type }) => type !== 'checkbox')
      .map((token) => renderBlock(token, narrower(style, lead.length)));
    const lines = loose ? apart(inner) : inner.flat();
    return [lead + (lines[0] ?? ''), ...indent(lines.slice(1), ' '.repeat(lead.length))];
  });
  return loose ? apart(rendered) : rendered.flat();
}

/** A table; below each other, named by their columns, where its cells have no room beside each other. */
function renderCells({ header, rows }: Tokens.Table, style: MarkdownStyle): string[] {
  const { palette, width } = style;
  const show = ({ tokens }: Tokens.TableCell): string =>
    styleText(spansOf(tokens, palette), Infinity).join(' ');
  const columns = header.map((cell) => ({
    title: show(cell),
    align: cell.align === 'right' ? ('right' as const) : ('left' as const),
  }));
  const cells = rows.map((row) => row.map(show));
  const lines = renderTable(columns, cells, palette.bold);
  if (lines.every((line) => cellWidth(line) <= width)) return lines;
  return apart(
    cells.map((row) => row.map((cell, i) => `${palette.bold(columns[i]!.title)}: ${cell}`)),
  );
}

type Style = (text: string) => string;

function spansOf(
  tokens: readonly Token[],
  palette: Palette,
  outer: Style = (text) => text,
): Span[] {
  const within = (inner: readonly Token[], style: Style): Span[] =>
    spansOf(inner, palette, (text) => outer(style(text)));
  return tokens.flatMap((given): Span[] => {
    const token = given as
      | Tokens.Strong
      | Tokens.Em
      | Tokens.Codespan
      | Tokens.Link
      | Tokens.Image
      | Tokens.Br
      | Tokens.Escape
      | Tokens.Text;
    switch (token.type) {
      case 'strong':
        return within(token.tokens, palette.bold);
      case 'em':
        return within(token.tokens, palette.italic);
      case 'codespan':
        return [{ text: token.text, style: (text) => outer(palette.accent(text)) }];
      case 'link': {
        const shown = within(token.tokens, (text) => text);
        if (token.text === token.href) return shown;
        return [...shown, { text: ` (${token.href})`, style: palette.dim }];
      }
      case 'br':
        return [{ text: '\n', style: outer }];
      case 'escape':
        return [{ text: token.text, style: outer }];
      case 'text':
        if (token.tokens !== undefined) return within(token.tokens, (text) => text);
        return [{ text: token.text, style: outer }];
      case 'image':
      default:
        return [{ text: given.raw, style: outer }]; // HTML, what is struck through
    }
  });
}

function narrower(style: MarkdownStyle, cells: number): MarkdownStyle {
  return { ...style, width: Math.max(10, style.width - cells) };
}

function indent(lines: readonly string[], by: string): string[] {
  return lines.map((line) => `${by}${line}`.trimEnd());
}

/** Of backticks. */
function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
