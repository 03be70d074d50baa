import type { TokenId, Vocabulary } from '../../src/spec/index.ts';

/** Control tokens of a {@link controlVocabulary}, behind its 256 bytes. */
export const controls = {
  '<s>': 256,
  '</s>': 257,
  '<|user|>': 258,
  '<|bot|>': 259,
} as const satisfies Record<string, TokenId>;

export interface ControlVocabularyOptions {
  /** Whether a prompt is to begin with `<s>`; `true` by default. */
  readonly addBos?: boolean;
  /** Whether a prompt is to end with `</s>`, too; `false` by default. */
  readonly addEos?: boolean;
  /** Control tokens that swallow the white space behind them. */
  readonly strips?: readonly string[];
}

const spelling = /<s>|<\/s>|<\|user\|>|<\|bot\|>/g;

/** Bytes, and control tokens that are read where a text spells them, if that is asked for. */
export function controlVocabulary(options: ControlVocabularyOptions = {}): Vocabulary {
  const { addBos = true, addEos = false, strips = [] } = options;
  const labels = Object.keys(controls);
  const bytesOf = (text: string): TokenId[] => Array.from(Buffer.from(text));
  const parse = (text: string): TokenId[] => {
    const tokens: TokenId[] = [];
    let rest = text;
    for (const { 0: label } of text.matchAll(spelling)) {
      const at = rest.indexOf(label);
      tokens.push(...bytesOf(rest.slice(0, at)), controls[label as keyof typeof controls]);
      rest = rest.slice(at + label.length);
      if (strips.includes(label)) rest = rest.trimStart();
    }
    return [...tokens, ...bytesOf(rest)];
  };
  return {
    size: 256 + labels.length,
    special: { bos: 256, eos: 257, endOfGeneration: [257], addBos },
    piece: (tokenId) => (tokenId < 256 ? Uint8Array.of(tokenId) : new Uint8Array()),
    label: (tokenId) => labels[tokenId - 256] ?? String.fromCharCode(tokenId),
    isControl: (tokenId) => tokenId >= 256,
    tokenize: (text, { addSpecial, parseSpecial }) => [
      ...(addSpecial && addBos ? [256] : []),
      ...(parseSpecial ? parse(text) : bytesOf(text)),
      ...(addSpecial && addEos ? [257] : []),
    ],
  };
}

/** What tokens of a {@link controlVocabulary} spell, to be read in a test. */
export function spell(tokens: readonly TokenId[]): string {
  const labels = Object.keys(controls);
  const parts = tokens.map((id) => labels[id - 256] ?? String.fromCharCode(id));
  return parts.map((part, i) => (tokens[i]! >= 256 ? `[${part}]` : part)).join('');
}
