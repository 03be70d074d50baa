/** What is kept from being said: a text, in capitals or not, or what a regular expression matches. */
export type Withheld = string | { readonly regex: string };

/** A regular expression of all texts that have nothing of it, anywhere. */
export function patternWithout(withheld: readonly Withheld[]): string {
  const each = withheld.map((one) => (typeof one === 'string' ? anyCase(one) : `(?:${one.regex})`));
  return `(?![\\s\\S]*(?:${each.join('|')}))[\\s\\S]*`;
}

/** A text whose letters may be small or capital. */
function anyCase(text: string): string {
  return Array.from(text, (character) => {
    const spellings = new Set([character, character.toLowerCase(), character.toUpperCase()]);
    const escaped = [...spellings].map((one) => one.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
    return escaped.length === 1 ? escaped[0]! : `(?:${escaped.join('|')})`;
  }).join('');
}
