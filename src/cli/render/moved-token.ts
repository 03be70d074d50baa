import type { GeneratedToken, TokenLogprob, TokenTrace } from '../../index.ts';
import { escapeLine } from './escape.ts';
import { formatProbability, formatSigned } from './numbers.ts';
import type { Palette } from './palette.ts';
import { shiftStep } from './shift.ts';
import { renderTable, rightAligned } from './table.ts';
import { quoteToken } from './trace-table.ts';
import { graphemes } from './width.ts';

/** Characters of the answer shown before the token. */
const contextLength = 40;

/** Lines about one token: where it stands, its alternatives before and after, every term's share. */
export function renderMovedToken(
  tokens: readonly GeneratedToken[],
  index: number,
  palette: Palette,
): string[] {
  const { text, trace, logprob = 0 } = tokens[index]!;
  if (trace === undefined) return [];
  const { dim, bold, shift } = palette;
  const own = shift(shiftStep(trace.shift))(quoteToken(text));
  const before = formatProbability(logprob - trace.shift);
  const head =
    `${bold(`${index + 1}.`)} ${dim(leadingText(tokens, index))} ${own}  ` +
    `${before} → ${formatProbability(logprob)}  ${dim(`shift ${formatSigned(trace.shift)}`)}`;
  return [
    head,
    ...renderAlternatives(trace, text, palette).map((line) => `   ${line}`),
    `   ${dim('shares')}  ${renderShares(trace)}`,
  ];
}

function leadingText(tokens: readonly GeneratedToken[], index: number): string {
  const text = tokens
    .slice(0, index)
    .map((token) => token.text)
    .join('');
  const shown = graphemes(escapeLine(text.trimStart()));
  const isLong = shown.length > contextLength;
  return (isLong ? '…' : '') + shown.slice(-contextLength).join('');
}

function renderAlternatives(
  { topBefore, topAfter }: TokenTrace,
  chosen: string,
  { dim, bold }: Palette,
): string[] {
  const cells = (token: TokenLogprob | undefined): string[] => {
    if (token === undefined) return ['', ''];
    const name = quoteToken(token.text);
    return [formatProbability(token.logprob), token.text === chosen ? bold(name) : name];
  };
  const count = Math.max(topBefore.length, topAfter.length);
  return renderTable(
    [rightAligned(''), { title: 'without steering' }, rightAligned(''), { title: 'with' }],
    Array.from({ length: count }, (_, i) => [...cells(topBefore[i]), ...cells(topAfter[i])]),
    dim,
  );
}

/** `+1 large -4.08   +0.7 chat -0.83   …`: coefficient, model, coefficient × log-prob. */
function renderShares({ terms }: TokenTrace): string {
  return terms
    .map(({ model, coefficient, share }) => {
      const factor = Number(coefficient.toFixed(3));
      return `${factor > 0 ? '+' : ''}${factor} × ${model} = ${formatSigned(share)}`;
    })
    .join('   ');
}
