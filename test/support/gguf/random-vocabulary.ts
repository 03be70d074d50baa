import { InvalidOptionError } from '../../../src/spec/index.ts';
import { createBits } from './seeded-bits.ts';
import type { NextBits } from './seeded-bits.ts';
import {
  arrayOfNumbers,
  arrayOfStrings,
  bool,
  type MetadataValue,
  string,
  uint32,
} from '../../../src/gguf/index.ts';

/** A byte-level BPE vocabulary, spelled as GGUF files spell it (bytes in GPT-2's mapping). */
export interface SyntheticVocabulary {
  readonly tokens: readonly string[];
  /** llama.cpp's token types: 1 normal, 3 control, 5 unused. */
  readonly types: readonly number[];
  /** `left right`, best first. */
  readonly merges: readonly string[];
  /** Which row of the unpermuted embedding each token has. */
  readonly rows: readonly number[];
}

const normal = 1;
const control = 3;
const unused = 5;

/** The end of a text, both BOS and EOS, and the marks of the chat template. */
const controlTokens = ['<|end|>', '<|user|>', '<|assistant|>', '<|system|>'] as const;

/** The smallest vocabulary: 256 bytes and the control tokens. */
export const smallestVocabulary = 256 + controlTokens.length;

/**
 * A vocabulary of `size` tokens: 256 bytes, the control tokens, then merges of earlier tokens made of
 * letters with or without a space in front, so that ordinary text is tokenised into pieces.
 */
export function createVocabulary(size: number, seed: number): SyntheticVocabulary {
  if (!Number.isInteger(size) || size < smallestVocabulary || size > 1_000_000) {
    throw new InvalidOptionError(
      'vocabSize',
      `vocabSize is ${size}, but must be an integer from ${smallestVocabulary} to 1000000.`,
    );
  }
  const tokens = [...byteSpellings(), ...controlTokens];
  const merges: string[] = [];
  const known = new Set(tokens);
  const letters = 'etaoinshrdlcumwfgypbvkxjqz'.split('');
  const starts = ['Ġ', ...letters];
  const rests = [...letters];
  const bits = createBits(seed, 0x766f63);
  while (tokens.length < size) {
    const left = pickEarly(starts, bits);
    const right = pickEarly(rests, bits);
    const merged = left + right;
    if (merged.length > 12 || known.has(merged)) continue;
    known.add(merged);
    tokens.push(merged);
    merges.push(`${left} ${right}`);
    starts.push(merged);
    if (!merged.startsWith('Ġ')) rests.push(merged);
  }
  const types = tokens.map((_, id) => (id >= 256 && id < smallestVocabulary ? control : normal));
  return { tokens, types, merges, rows: tokens.map((_, id) => id) };
}

/** An element, the earlier the likelier: frequent letters and short tokens, so that text uses them. */
function pickEarly(list: readonly string[], bits: NextBits): string {
  const u = bits() / 2 ** 32;
  return list[Math.floor(u * u * list.length)]!;
}

/** The same tokens under other ids; every token keeps its embedding row. */
export function permuteVocabulary(
  vocabulary: SyntheticVocabulary,
  seed: number,
): SyntheticVocabulary {
  const order = vocabulary.tokens.map((_, id) => id);
  const bits = createBits(seed, 0x7065726d);
  for (let i = order.length - 1; i > 0; i--) {
    const j = bits() % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return {
    tokens: order.map((id) => vocabulary.tokens[id]!),
    types: order.map((id) => vocabulary.types[id]!),
    merges: vocabulary.merges,
    rows: order.map((id) => vocabulary.rows[id]!),
  };
}

/** `count` tokens `[PAD0]`, `[PAD1]`, … of type unused behind the others, as padded models have. */
export function padVocabulary(vocabulary: SyntheticVocabulary, count: number): SyntheticVocabulary {
  const ids = Array.from({ length: count }, (_, i) => vocabulary.tokens.length + i);
  return {
    tokens: [...vocabulary.tokens, ...ids.map((id) => `[PAD${id}]`)],
    types: [...vocabulary.types, ...ids.map(() => unused)],
    merges: vocabulary.merges,
    rows: [...vocabulary.rows, ...ids],
  };
}

/** One token spelled differently, as in a vocabulary of another model. */
export function renameToken(
  vocabulary: SyntheticVocabulary,
  tokenId: number,
  spelling: string,
): SyntheticVocabulary {
  return { ...vocabulary, tokens: vocabulary.tokens.with(tokenId, spelling) };
}

/** The vocabulary as `tokenizer.ggml.*` metadata, without a chat template. */
export function tokenizerMetadata(vocabulary: SyntheticVocabulary): [string, MetadataValue][] {
  const end = vocabulary.tokens.indexOf(controlTokens[0]);
  return [
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('gpt-2')],
    ['tokenizer.ggml.tokens', arrayOfStrings(vocabulary.tokens)],
    ['tokenizer.ggml.token_type', arrayOfNumbers('int32', vocabulary.types)],
    ['tokenizer.ggml.merges', arrayOfStrings(vocabulary.merges)],
    ['tokenizer.ggml.bos_token_id', uint32(end)],
    ['tokenizer.ggml.eos_token_id', uint32(end)],
    ['tokenizer.ggml.add_bos_token', bool(true)],
  ];
}

/** GPT-2's printable stand-ins for the bytes 0 to 255: themselves where printable, else from U+0100. */
function byteSpellings(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
}
