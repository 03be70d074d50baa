import type { GeneratedToken, TokenLogprob, TokenTrace } from '../../index.ts';
import { escapeLine } from './escape.ts';
import { formatPercent, formatProbability, formatSigned } from './numbers.ts';
import type { Palette } from './palette.ts';
import { shiftStep } from './shift.ts';
import { renderTable, rightAligned } from './table.ts';
import { rewardGain } from './reward-gain.ts';
import { quoteToken } from './trace-table.ts';
import { graphemes } from './width.ts';

/** Characters of the answer shown before the token. */
const contextLength = 40;

/** Lines about one token: where it stands, its alternatives before and after, what every part added. */
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
  const gain = rewardGain(tokens, index);
  const gained = gain === 0 ? '' : `, rewards ${formatSigned(gain)}`;
  const head =
    `${bold(`${index + 1}.`)} ${dim(leadingText(tokens, index))} ${own}  ` +
    `${before} → ${formatProbability(logprob)}  ${dim(`shift ${formatSigned(trace.shift)}${gained}`)}`;
  return [
    head,
    ...renderAlternatives(trace, text, palette).map((line) => `   ${line}`),
    ...renderParams(trace).map((line) => `   ${dim('at this token')}  ${line}`),
    trace.models === undefined
      ? `   ${dim('shares')}  ${renderShares(trace)}`
      : `   ${dim('log-probs')}  ${renderModels(trace.models)}`,
    ...renderRewards(trace).map((line) => `   ${dim('rewards')}  ${line}`),
    ...(trace.draftedBy === undefined ? [] : [`   ${dim('drafted by')}  ${trace.draftedBy}`]),
    ...(trace.klScale < 1 ? [`   ${dim('KL budget')}  ${renderScale(trace.klScale)}`] : []),
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

/** `large -4.08   chat -0.83`: of a method of one's own, whose shares nobody knows. */
function renderModels(models: NonNullable<TokenTrace['models']>): string {
  return models.map(({ model, logprob }) => `${model} ${formatSigned(logprob)}`).join('   ');
}

/** `alpha 0.42`: what schedules chose. */
function renderParams({ params = {} }: TokenTrace): string[] {
  const chosen = Object.entries(params).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  return chosen.length === 0 ? [] : [chosen.join('   ')];
}

/** `+1 large -4.08   +0.7 chat -0.83   …`: coefficient, model, coefficient × log-prob. */
function renderShares({ terms }: TokenTrace): string {
  return terms
    .map(
      ({ model, coefficient, share }) =>
        `${factor(coefficient)} × ${model} = ${formatSigned(share)}`,
    )
    .join('   ');
}

/** `+1.5 × cheerful 0.42 = +0.63`: weight, reward, its value of the answer so far, the product. */
function renderRewards({ rewards }: TokenTrace): string[] {
  if (rewards.length === 0) return [];
  const shares = rewards.map(
    ({ name, weight, value, share }) =>
      `${factor(weight)} × ${escapeLine(name)} ${value.toFixed(2)} = ${formatSigned(share)}`,
  );
  return [shares.join('   ')];
}

function renderScale(klScale: number): string {
  return `left ${formatPercent(klScale)} of the shift`;
}

/** `+0.7`, `-1`, `0`. */
function factor(value: number): string {
  const rounded = Number(value.toFixed(3));
  return `${rounded > 0 ? '+' : ''}${rounded}`;
}
