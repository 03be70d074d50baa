import {
  showDifference,
  showPValue,
  showRange,
  showValue,
  type CalibrationTrial,
  type Reached,
  type ReachedComparison,
} from '../../evaluation/index.ts';
import { escapeLine } from './escape.ts';
import type { Palette } from './palette.ts';
import { renderTable, rightAligned } from './table.ts';

/** What a calibration has tried, chosen and reached. */
export interface CalibrationReport {
  readonly objective: string;
  readonly constraints?: readonly string[] | undefined;
  readonly params: CalibrationTrial['params'];
  /** As they are written. */
  readonly schedules?: Readonly<Record<string, string>> | undefined;
  readonly present: CalibrationTrial['params'];
  readonly trials: readonly CalibrationTrial[];
  readonly developed: ReachedComparison;
  /** `null` without a test set. */
  readonly tested: ReachedComparison | null;
}

/** The trials, the choice, and what it reaches on both sets. */
export function renderCalibration(report: CalibrationReport, palette: Palette): string[] {
  const { objective, constraints = [], params, present, trials, developed, tested } = report;
  const schedules = Object.entries(report.schedules ?? {}).map(
    ([param, how]) => `${param} by ${how}`,
  );
  const { bold, dim, good, warn } = palette;
  const chosen = showParams(params);
  return [
    ...renderTable(
      [{ title: '' }, { title: 'tried' }, rightAligned(escapeLine(objective)), { title: '' }],
      trials.map((trial) => [
        showParams(trial.params) === chosen ? good('*') : ' ',
        showParams(trial.params),
        showValue(trial.value),
        trial.isAllowed ? '' : warn(`breaks ${escapeLine(constraints.join(' or '))}`),
      ]),
      dim,
    ),
    '',
    `${bold(chosen)}${chosen === showParams(present) ? ', as it was' : `, was ${showParams(present)}`}`,
    ...renderTable(
      [
        { title: escapeLine(objective) },
        { title: 'present' },
        { title: 'calibrated' },
        { title: 'gain' },
        rightAligned('p'),
        rightAligned('items'),
      ],
      [
        reachedRow('development set, chosen on it', developed),
        ...(tested === null ? [] : [reachedRow('test set, scored once', tested)]),
      ],
      dim,
    ),
    ...(schedules.length > 0 ? [dim(`chosen at each token: ${schedules.join(', ')}`)] : []),
  ];
}

function reachedRow(name: string, { present, calibrated, gain }: ReachedComparison): string[] {
  return [
    name,
    showReached(present),
    showReached(calibrated),
    gain === null
      ? ''
      : `${showDifference(gain.difference.estimate)} ${showRange(gain.difference)}`,
    gain === null ? '' : showPValue(gain.pValue),
    String(calibrated.items),
  ];
}

function showReached({ value, from, to }: Reached): string {
  return `${showValue(value)} ${showRange({ estimate: value, from, to })}`;
}

function showParams(params: CalibrationTrial['params']): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
