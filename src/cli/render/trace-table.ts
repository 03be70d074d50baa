import type { GeneratedToken, TokenTrace } from '../../index.ts';
import { escapeLine } from './escape.ts';
import { formatSigned } from './numbers.ts';
import type { Palette } from './palette.ts';
import { shiftStep } from './shift.ts';
import { renderTable, rightAligned, type TableColumn } from './table.ts';

/** A column of the table, and its cell for a token. */
interface TraceColumn {
  readonly column: TableColumn;
  readonly cell: (trace: TokenTrace) => string;
}

/**
 * One line per token: log-prob, how far it was moved, what schedules chose of their params, what every term and
 * every reward contributed, what a KL budget left of that where it left less than all, and who drafted it if anybody did.
 */
export function renderTrace(tokens: readonly GeneratedToken[], palette: Palette): string[] {
  const traced = tokens.flatMap(({ text, logprob = 0, trace }) =>
    trace === undefined ? [] : [{ text, logprob, trace }],
  );
  const traces = traced.map(({ trace }) => trace);
  const columns = [
    ...paramColumns(traces),
    ...termColumns(traces),
    ...modelColumns(traces),
    ...rewardColumns(traces),
    ...scaleColumns(traces),
    ...drafterColumns(traces),
  ];
  return renderTable(
    [
      { title: 'token' },
      ...['logprob', 'shift', 'KL'].map(rightAligned),
      ...columns.map(({ column }) => column),
      { title: 'unsteered' },
    ],
    traced.map(({ text, logprob, trace }) => [
      palette.shift(shiftStep(trace.shift))(quoteToken(text)),
      logprob.toFixed(2),
      formatSigned(trace.shift),
      trace.kl.toFixed(2),
      ...columns.map(({ cell }) => cell(trace)),
      trace.baseChoice.text === text ? palette.dim('same') : quoteToken(trace.baseChoice.text),
    ]),
    palette.dim,
  );
}

function paramColumns(traces: readonly TokenTrace[]): TraceColumn[] {
  const names = new Set(traces.flatMap(({ params = {} }) => Object.keys(params)));
  return [...names].map((name) => ({
    column: rightAligned(name),
    cell: ({ params }) => params?.[name]?.toFixed(2) ?? '',
  }));
}

/** A term whose coefficient is another at each token is called by its model alone. */
function termColumns(traces: readonly TokenTrace[]): TraceColumn[] {
  return (traces[0]?.terms ?? []).map(({ model, coefficient }, i) => {
    const isSame = traces.every(({ terms }) => terms[i]!.coefficient === coefficient);
    return {
      column: rightAligned(isSame ? `${formatSigned(coefficient, 1)}·${model}` : model),
      cell: ({ terms }) => formatSigned(terms[i]!.share),
    };
  });
}

/** The log-probs of a method of one's own. */
function modelColumns(traces: readonly TokenTrace[]): TraceColumn[] {
  return (traces[0]?.models ?? []).map(({ model }, i) => ({
    column: rightAligned(model),
    cell: ({ models }) => formatSigned(models![i]!.logprob),
  }));
}

/** Tokens that a constraint leaves no choice about are not asked for: their cells are empty. */
function rewardColumns(traces: readonly TokenTrace[]): TraceColumn[] {
  const weights = new Map(
    traces.flatMap(({ rewards }) => rewards.map(({ name, weight }) => [name, weight])),
  );
  return [...weights].map(([name, weight]) => ({
    column: rightAligned(`${formatSigned(weight, 1)}·${escapeLine(name)}`),
    cell({ rewards }) {
      const own = rewards.find((reward) => reward.name === name);
      return own === undefined ? '' : formatSigned(own.share);
    },
  }));
}

function scaleColumns(traces: readonly TokenTrace[]): TraceColumn[] {
  if (traces.every(({ klScale }) => klScale === 1)) return [];
  return [{ column: rightAligned('scale'), cell: ({ klScale }) => klScale.toFixed(2) }];
}

function drafterColumns(traces: readonly TokenTrace[]): TraceColumn[] {
  if (traces.every(({ draftedBy }) => draftedBy === undefined)) return [];
  return [{ column: { title: 'drafted by' }, cell: ({ draftedBy = '' }) => escapeLine(draftedBy) }];
}

/** A token's text with its spaces visible. */
export function quoteToken(text: string): string {
  return `'${escapeLine(text)}'`;
}
