import type { Kind } from './recipe.ts';

/** One way of answering. */
export interface Setting {
  readonly kind: Kind;
  readonly weight: number;
  /** Candidates that the reward chooses among. */
  readonly candidates: number;
  readonly temperature: number;
  /** With the expert and the anti-expert, or the large model alone. */
  readonly isProxied: boolean;
  /** Nats of KL(steered ‖ base) at each token; `null` is no limit. */
  readonly klPerToken: number | null;
}

const weights = [0.5, 1, 1.5, 3, 10] as const;
const temperatures = [0, 1] as const;
const counts = [5, 10, 40] as const;
const budgets = [null, 0.5] as const;

/** Of what is varied one at a time. */
const usual = { candidates: 10, isProxied: true, klPerToken: null } as const;

export type Extent = 'quick' | 'usual' | 'full';

/** Weights and temperatures in all combinations; of the rest one thing at a time, or all (`full`). */
export function steeredSettings(extent: Extent, kinds: readonly Kind[]): Setting[] {
  const varied = [true, false].flatMap((isProxied) =>
    counts.flatMap((candidates) =>
      budgets.map((klPerToken) => ({ candidates, isProxied, klPerToken })),
    ),
  );
  const furthest = { quick: 0, usual: 1, full: 3 }[extent];
  const kept = varied.filter((each) => differences(each) <= furthest);
  const strengths = extent === 'quick' ? [1.5] : weights;
  return kept.flatMap((each) =>
    temperatures.flatMap((temperature) =>
      kinds.flatMap((kind) =>
        // A term of the formula has no candidates.
        kind === 'auto' && each.candidates !== usual.candidates
          ? []
          : strengths.map((weight) => ({ ...each, kind, weight, temperature })),
      ),
    ),
  );
}

function differences(varied: Pick<Setting, keyof typeof usual>): number {
  const names = Object.keys(usual) as (keyof typeof usual)[];
  return names.filter((name) => varied[name] !== usual[name]).length;
}

/** What to compare a setting with: the same without its reward. */
export function unsteered(setting: Setting): Setting {
  return { ...setting, weight: 0, candidates: usual.candidates };
}
