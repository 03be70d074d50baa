import type { GeneratedToken } from '../../index.ts';
import { escapeLine } from './escape.ts';
import { formatSigned } from './numbers.ts';
import type { Palette } from './palette.ts';
import { shiftStep } from './shift.ts';
import { renderTable, rightAligned } from './table.ts';

/** One line per token: log-prob, how far it was moved, and what every term contributed. */
export function renderTrace(tokens: readonly GeneratedToken[], palette: Palette): string[] {
  const traced = tokens.flatMap(({ text, logprob, trace }) =>
    trace === undefined ? [] : [{ text, logprob, ...trace }],
  );
  const terms = traced[0]?.terms ?? [];
  return renderTable(
    [
      { title: 'token' },
      ...['logprob', 'shift', 'KL'].map(rightAligned),
      ...terms.map(({ model, coefficient }) =>
        rightAligned(`${formatSigned(coefficient, 1)}·${model}`),
      ),
      { title: 'unsteered' },
    ],
    traced.map(({ text, logprob = 0, shift, kl, terms: own, baseChoice }) => [
      palette.shift(shiftStep(shift))(quoteToken(text)),
      logprob.toFixed(2),
      formatSigned(shift),
      kl.toFixed(2),
      ...own.map(({ share }) => formatSigned(share)),
      baseChoice.text === text ? palette.dim('same') : quoteToken(baseChoice.text),
    ]),
    palette.dim,
  );
}

/** A token's text with its spaces visible. */
export function quoteToken(text: string): string {
  return `'${escapeLine(text)}'`;
}
