import type { RewardCalibration } from '../../evaluation/index.ts';
import { escapeLine } from './escape.ts';
import type { Palette } from './palette.ts';
import { renderTable, rightAligned } from './table.ts';

/** One line for each reward whose scale was estimated, and what it was estimated on. */
export function renderRewardScales(
  { scales, answers, answerTokens }: RewardCalibration,
  palette: Palette,
): string[] {
  const columns = [
    { title: 'reward' },
    rightAligned('mean'),
    rightAligned('deviation'),
    { title: 'of' },
  ];
  const rows = Object.entries(scales).map(([name, { mean, deviation, ...rest }]) => [
    escapeLine(name),
    String(mean),
    String(deviation),
    rest.answerTokens === undefined ? 'an answer' : 'a token',
  ]);
  return [
    ...renderTable(columns, rows, palette.dim),
    palette.dim(`${answers} answers of ${answerTokens} tokens on average`),
  ];
}
