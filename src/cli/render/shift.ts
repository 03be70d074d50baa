import type { GeneratedToken } from '../../index.ts';
import { escapeControls } from './escape.ts';
import { formatSigned } from './numbers.ts';
import type { Palette } from './palette.ts';

/** |shift| in nats from which a token gets each of the four steps: about 1.3, 3, 20 and 150 times. */
const shiftThresholds = [0.25, 1, 3, 5] as const;

/** -4 to 4: how far steering lowered or raised a token. */
export function shiftStep(shift: number): number {
  const step = shiftThresholds.filter((threshold) => Math.abs(shift) >= threshold).length;
  return shift < 0 ? -step : step;
}

/** A token as text whose look says how far it was moved: a colour, or its shift in brackets. */
export function renderShiftedToken({ text, trace }: GeneratedToken, palette: Palette): string {
  const step = shiftStep(trace?.shift ?? 0);
  const shown = escapeControls(text);
  if (step === 0 || trace === undefined) return shown;
  if (!palette.hasColors) {
    return Math.abs(step) === 1 ? shown : `${shown}[${formatSigned(trace.shift, 1)}]`;
  }
  // A background across a line break would colour the rest of the row.
  return shown
    .split('\n')
    .map((line) => (line === '' ? line : palette.shift(step)(line)))
    .join('\n');
}

/** What the look of a token means. */
export function renderShiftLegend(palette: Palette): string[] {
  const { dim, hasColors, shift } = palette;
  if (!hasColors) {
    return [`[+2.0] after a token: steering made it e^2.0 times as probable ([-2.0]: less).`];
  }
  const [weak, medium, strong, strongest] = shiftThresholds;
  const samples = [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((step) =>
    shift(step)(step === 0 ? ' · ' : '   '),
  );
  return [
    `${dim('less probable')} ${samples.join('')} ${dim('more probable than without steering')}` +
      dim(` (steps at ${weak}, ${medium}, ${strong}, ${strongest} nats)`),
  ];
}
