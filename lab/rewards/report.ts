import type { Outcome } from './measure.ts';
import type { Normalizations } from './recipe.ts';
import type { Setting } from './settings.ts';

export interface Row extends Outcome {
  readonly setting: Setting;
}

/** As Markdown, columns as wide as their widest cell; all but the first are aligned to the right. */
export function showMarkdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(rows[0]!), line(rule), ...rows.slice(1).map(line)].join('\n');
}

/** One line a setting, those of one kind below their answers without a reward. */
export function showRows(rows: readonly Row[]): string {
  return showMarkdown([
    [
      'reward',
      'weight',
      'k',
      'T',
      'formula',
      'KL budget',
      'guide',
      'judge',
      'attribute',
      'facts',
      'perplexity',
      'distinct 1 / 2',
      'tokens',
      'KL',
      'ms',
      'reward tokens',
    ],
    ...rows.map(({ setting, ...outcome }) => [
      setting.kind,
      String(setting.weight),
      setting.kind === 'auto' || setting.weight === 0 ? '' : String(setting.candidates),
      String(setting.temperature),
      setting.isProxied ? 'proxied' : 'large',
      setting.klPerToken === null ? '' : String(setting.klPerToken),
      outcome.guide.toFixed(2),
      outcome.judge.toFixed(2),
      outcome.attribute.toFixed(3),
      outcome.fact.toFixed(2),
      outcome.perplexity.toFixed(2),
      outcome.distinct.map((share) => share.toFixed(2)).join(' / '),
      outcome.tokensPerAnswer.toFixed(1),
      outcome.kl?.toFixed(2) ?? '',
      outcome.processorMs.toFixed(2),
      outcome.rewardTokens.toFixed(1),
    ]),
  ]);
}

export function showNormalizations(normalizations: Normalizations): string {
  return showMarkdown([
    ['reward', 'mean', 'deviation'],
    ...Object.entries(normalizations).map(([name, { mean, deviation }]) => [
      name,
      mean.toFixed(4),
      deviation.toFixed(4),
    ]),
  ]);
}
