/** A place in a text: UTF-16 units from `start`, `end` not included. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * What a token of an answer is: part of a reference (`fact`), of a phrase that the user labels, a number,
 * punctuation and white space alone, or the rest.
 */
export type TokenKind = 'fact' | 'number' | 'punctuation' | 'style' | (string & {});

export interface TokenKindOptions {
  /** Right answers: what overlaps one of them is a fact. */
  readonly references?: readonly string[];
  /** The user's own kinds: phrases by kind. They are looked for after references, in order. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The kind of each token of an answer. References and phrases are found whole, in any case, wherever they
 * occur; a token that overlaps one belongs to it.
 * @param tokens - Text of each token, in order; together they are the answer.
 * @returns One kind per token.
 */
export function tokenKinds(
  tokens: readonly string[],
  { references = [], labels = {} }: TokenKindOptions = {},
): TokenKind[] {
  const text = tokens.join('');
  const phrases: readonly (readonly [TokenKind, readonly Span[]])[] = [
    ['fact', findAll(text, references)],
    ...Object.entries(labels).map(([kind, texts]) => [kind, findAll(text, texts)] as const),
  ];
  let end = 0;
  return tokens.map((token) => {
    const start = end;
    end += token.length;
    const place = inked(token, start);
    const phrase = phrases.find(([, spans]) => spans.some((span) => overlap(span, place)));
    return phrase?.[0] ?? kindByCharacters(token);
  });
}

function kindByCharacters(token: string): TokenKind {
  if (/\p{L}/u.test(token)) return 'style';
  if (/\p{N}/u.test(token)) return 'number';
  // Part of a character is no punctuation.
  return token.includes('\uFFFD') ? 'style' : 'punctuation';
}

/** A token's place without the white space around it, which belongs to no phrase. */
function inked(token: string, start: number): Span {
  const left = token.length - token.trimStart().length;
  return { start: start + left, end: start + Math.max(left, token.trimEnd().length) };
}

function overlap(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end;
}

/** Where the phrases occur, not inside of longer words. */
function findAll(text: string, phrases: readonly string[]): Span[] {
  return phrases.flatMap((phrase) =>
    [...text.matchAll(wholePhrase(phrase.trim()))].map(({ index, 0: found }) => ({
      start: index,
      end: index + found.length,
    })),
  );
}

function wholePhrase(phrase: string): RegExp {
  if (phrase === '') return /(?!)/g;
  const literal = phrase.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${literal}(?![\p{L}\p{N}])`, 'giu');
}
