/**
 * The words of an answer as SQuAD compares them: compatibility-normalised, in lower case, without
 * punctuation and the articles a, an and the, single spaces between. An answer of nothing else stays as
 * it is, trimmed and in lower case.
 * @see Rajpurkar et al. 2016, "SQuAD", arXiv:1606.05250 (its released evaluation)
 */
export function normaliseAnswer(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase().trim();
  const words = lower
    .replaceAll(/\p{P}/gu, '')
    .split(/\s+/)
    .filter((word) => word !== '' && !articles.has(word));
  return words.length === 0 ? lower : words.join(' ');
}

const articles: ReadonlySet<string> = new Set(['a', 'an', 'the']);
