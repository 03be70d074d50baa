import type { Interval } from '../statistics/interval.ts';
import { showRange, showValue } from './figures.ts';
import { html, type SafeHtml } from './safe-html.ts';

const width = 220;
const height = 18;

/** End of the axis of values that are bars from 0: 1 for shares, else the largest end. */
export function axisEnd(values: readonly Interval[]): number {
  return Math.max(1, ...values.map(({ to }) => to));
}

/** A bar from 0 to the value, and its interval, as inline SVG. @param end - Of the axis, above 0. */
export function renderBar(value: Interval, end: number): SafeHtml {
  const x = (at: number): string => ((Math.max(0, Math.min(end, at)) / end) * width).toFixed(1);
  const { estimate, from, to } = value;
  const middle = height / 2;
  const label = `${showValue(estimate)} ${showRange(value)}`;
  return html`<svg
    class="bar"
    role="img"
    aria-label="${label}"
    viewBox="-1 0 ${width + 2} ${height}"
    width="${width}"
    height="${height}"
  >
    <rect class="axis" x="0" y="4" width="${width}" height="${height - 8}" rx="2" />
    <rect class="value" x="0" y="4" width="${x(estimate)}" height="${height - 8}" rx="2" />
    <path
      class="interval"
      d="M${x(from)} ${middle}H${x(to)}M${x(from)} 2V${height - 2}M${x(to)} 2V${height - 2}"
    />
  </svg>`;
}
