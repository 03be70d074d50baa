import { uniformAt } from '../math/index.ts';
import {
  compareMixtures,
  requireSomeExamples,
  type ChooseSkillOptions,
  type ScoredMixture,
  type SkillChoice,
  type SkillScorer,
} from './choose-skill.ts';

export interface SearchMixtureOptions extends ChooseSkillOptions {
  /** Rounds; 8 by default. */
  readonly rounds?: number;
  /** Mixtures of a round; 32 by default, as published. */
  readonly population?: number;
  /** The share of them that the next round is drawn about; 0.2 by default, as published. */
  readonly elite?: number;
  /** The largest weight; 1.5 by default. */
  readonly most?: number;
  readonly seed?: number;
}

/**
 * The mixture under which examples are likeliest, by the cross-entropy method: weights are drawn from independent normal
 * distributions within `[0, most]`, which each round are fitted to its best. The first round has none, and each skill alone.
 * @throws InvalidOptionError without examples.
 * @see Rubinstein & Kroese 2004, "The Cross-Entropy Method"; Sun et al. 2025, "Transformer²", arXiv:2501.06252
 */
export async function searchMixture(
  scorer: SkillScorer,
  { skills, examples, signal, ...options }: SearchMixtureOptions,
): Promise<SkillChoice> {
  requireSomeExamples(examples);
  const { rounds = 8, population = 32, elite = 0.2, most = 1.5, seed = 0 } = options;
  let drawn = 0;
  const uniform = () => uniformAt(seed, drawn++);
  // Box and Muller's.
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  let centre = skills.map(() => most / 3);
  let spread = skills.map(() => most / 3);
  let passes = 0;
  const seen: ScoredMixture[] = [];
  for (let round = 0; round < rounds; round++) {
    const mixtures: Record<string, number>[] =
      round === 0 ? [{}, ...skills.map((skill) => ({ [skill]: 1 }))] : [];
    while (mixtures.length < population) {
      const weights = skills.map((skill, i) => {
        const weight = centre[i]! + spread[i]! * normal();
        return [skill, Math.min(most, Math.max(0, weight))] as const;
      });
      mixtures.push(Object.fromEntries(weights));
    }
    const scored = await compareMixtures(scorer, mixtures, examples, signal);
    passes += scored.passes;
    seen.push(...scored.compared);
    const best = scored.compared.slice(0, Math.max(2, Math.round(elite * population)));
    const columns = skills.map((skill) => best.map(({ weights }) => weights[skill] ?? 0));
    centre = columns.map((column) => column.reduce((sum, x) => sum + x, 0) / column.length);
    spread = columns.map((column, i) => {
      const squares = column.reduce((sum, x) => sum + (x - centre[i]!) ** 2, 0);
      return Math.sqrt(squares / column.length) + 1e-3;
    });
  }
  seen.sort((a, b) => b.logprob - a.logprob);
  return { ...seen[0]!, compared: seen, passes };
}
