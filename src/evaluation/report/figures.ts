import type { Interval } from '../statistics/interval.ts';

/** `0.812`; nothing has no sign. */
export function showValue(value: number): string {
  return value.toFixed(3).replace(/^-(0\.0*)$/, '$1');
}

/** `+0.120`, `-0.034`; a difference of nothing has no sign. */
export function showDifference(value: number): string {
  const text = showValue(value);
  return Number(text) > 0 ? `+${text}` : text;
}

/** `[0.700, 0.890]`. */
export function showRange({ from, to }: Interval): string {
  return `[${showValue(from)}, ${showValue(to)}]`;
}

export function showPValue(pValue: number): string {
  return pValue < 0.001 ? '<0.001' : pValue.toFixed(3);
}

/** A share as `91.8 %`. */
export function showShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A share and its interval, as `91.8 % [88.0 %, 95.1 %]`. */
export function showShareInterval({ estimate, from, to }: Interval): string {
  return `${showShare(estimate)} [${showShare(from)}, ${showShare(to)}]`;
}
