/** |shift| in nats from which a token gets each of the four steps: about 1.3, 3, 20 and 150 times. */
export const shiftThresholds = [0.25, 1, 3, 5] as const;

/** -4 to 4: how far steering lowered or raised a token. */
export function shiftStep(shift: number): number {
  const step = shiftThresholds.filter((threshold) => Math.abs(shift) >= threshold).length;
  return shift < 0 ? -step : step;
}

/** Class that gives a token its shade and its underline. */
export function shiftClass(step: number): string {
  if (step === 0) return '';
  return step > 0 ? `up-${step}` : `down-${-step}`;
}
