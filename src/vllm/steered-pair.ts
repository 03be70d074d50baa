import { formulaParams, lineOf, type Formula } from '../compose/index.ts';

/** The models of `base + param * (expert - antiExpert)`, by their names in the recipe. */
export interface SteeredPair {
  readonly expert: string;
  readonly antiExpert: string;
  /** What multiplies their difference. */
  readonly param: string;
}

/** What a formula of that form says; `null` for any other. */
export function steeredPair(formula: Formula, base: string): SteeredPair | null {
  const [param, another] = formulaParams(formula);
  if (formula.method !== undefined || param === undefined || another !== undefined) return null;
  const lines = formula.terms.map(({ model, space, coefficient }) => {
    const line = lineOf(coefficient, param);
    const numbers = [line?.constant, line?.slope].map((part) =>
      part?.kind === 'number' ? part.value : Number.NaN,
    );
    return { model, is: `${space} ${numbers.join(' ')}` };
  });
  const [ofBase, ofExpert, ofAntiExpert] = ['1 0', '0 1', '0 -1'].map((line) =>
    lines.find(({ is }) => is === `logits ${line}`),
  );
  if (lines.length !== 3 || ofBase?.model !== base) return null;
  if (ofExpert === undefined || ofAntiExpert === undefined) return null;
  return { expert: ofExpert.model, antiExpert: ofAntiExpert.model, param };
}
