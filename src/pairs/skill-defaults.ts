/** How an SVF expert is tuned, where it is not as an adapter is: a thousandth of its numbers, each of which does much. */
export const skillDefaults = { epochs: 6, rate: 2e-2, batch: 16, smoothing: 0 } as const;
