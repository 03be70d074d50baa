import { InvalidOptionError } from '../../spec/index.ts';

/**
 * Distinct-n: different n-grams of words over all n-grams of the texts, 0 to 1; 0 where there are none.
 * Words are what white space separates, in lower case. Compare it only between texts of like length: it
 * falls with length.
 * @throws InvalidOptionError unless `n` is an integer of at least 1.
 * @see Li et al. 2016, "A Diversity-Promoting Objective Function", arXiv:1510.03055
 */
export function distinctN(texts: readonly string[], n: number): number {
  if (!Number.isInteger(n) || n < 1) {
    throw new InvalidOptionError('n', `n must be an integer of at least 1, not ${n}.`);
  }
  const different = new Set<string>();
  let all = 0;
  for (const text of texts) {
    const words = text.toLowerCase().match(/\S+/gu) ?? [];
    for (let i = 0; i + n <= words.length; i++) {
      different.add(words.slice(i, i + n).join(' '));
      all += 1;
    }
  }
  return all === 0 ? 0 : different.size / all;
}
