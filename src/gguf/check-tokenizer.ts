import { GgufError } from '../spec/index.ts';
import { forged, integerOf, refuse, requireString, shorten } from './metadata-checks.ts';
import type { Metadata } from './values.ts';

/** llama.cpp's token types of the kinds that matter here. */
const byteType = 6;

/** Ids that llama.cpp takes for a tokenizer's special tokens where the file names none. */
const defaultIds: Readonly<Record<string, { bos?: number; eos?: number; sep?: number }>> = {
  llama: { bos: 1, eos: 2 },
  bert: { bos: 101, sep: 102 },
  gpt2: { bos: 11, eos: 11 },
  hybriddna: { bos: 11, eos: 11 },
  whitespace: { bos: 11, eos: 11 },
  t5: { eos: 1 },
};

/** Refuses vocabularies on which llama.cpp aborts when it loads them, or when it reads a text with them. */
export function checkTokenizer(metadata: Metadata): void {
  const model = requireString(metadata, 'tokenizer.ggml.model');
  requireString(metadata, 'tokenizer.chat_template');
  if (model === undefined || model === 'no_vocab' || model === 'none') return;
  const tokensKey = 'tokenizer.ggml.tokens';
  const tokens = metadata.get(tokensKey);
  if (tokens === undefined) throw refuse(tokensKey, `is missing, but the tokenizer is "${model}".`);
  if (tokens.type !== 'array' || tokens.elementType !== 'string') {
    throw refuse(tokensKey, 'must be an array of strings.');
  }
  if (tokens.value.length === 0) throw refuse(tokensKey, 'is empty.');
  const spellings = checkDistinct(tokens.value);
  checkParallelArray(metadata, 'tokenizer.ggml.scores', tokens.value.length);
  checkParallelArray(metadata, 'tokenizer.ggml.token_type', tokens.value.length);
  checkMerges(metadata, model);
  if (model === 'llama') checkByteTokens(spellings);
  if (model === 'rwkv') checkEscapedBytes(spellings);
  if (model === 'bert') refuseByteTypes(metadata);
  checkSpecialTokens(metadata, model, tokens.value.length);
}

/**
 * llama.cpp aborts on a vocabulary in which a spelling occurs twice. It reads a spelling up to its first
 * NUL, and gives empty ones a name; bytes that are no UTF-8 are U+FFFD here, and count as equal.
 * @returns Ids by spelling.
 */
function checkDistinct(tokens: readonly string[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const end = token.indexOf('\0');
    const read = end < 0 ? token : token.slice(0, end);
    const spelling = read === '' ? `[EMPTY_${id}]` : read;
    const first = ids.get(spelling);
    if (first !== undefined) {
      const field = `metadata["tokenizer.ggml.tokens"].value[${id}]`;
      const cut = read === token ? '' : ', up to the first zero byte,';
      throw new GgufError(
        field,
        `${field} is "${shorten(spelling)}"${cut} which token ${first} is already. ${forged}`,
      );
    }
    ids.set(spelling, id);
  }
  return ids;
}

/** llama.cpp reads one entry per token; more than that it ignores. */
function checkParallelArray(metadata: Metadata, key: string, tokenCount: number): void {
  const value = metadata.get(key);
  if (value === undefined) return;
  const allowed = key.endsWith('scores') ? ['float32', 'int32'] : ['int32'];
  if (value.type !== 'array' || !allowed.includes(value.elementType)) {
    throw refuse(key, `must be an array of ${allowed.join(' or ')}.`);
  }
  if (value.value.length < tokenCount) {
    throw refuse(
      key,
      `has ${value.value.length} entries for the ${tokenCount} tokens of tokenizer.ggml.tokens.`,
    );
  }
}

function checkMerges(metadata: Metadata, model: string): void {
  const merges = metadata.get('tokenizer.ggml.merges');
  if (merges !== undefined && (merges.type !== 'array' || merges.elementType !== 'string')) {
    throw refuse('tokenizer.ggml.merges', 'must be an array of strings.');
  }
  const pre = requireString(metadata, 'tokenizer.ggml.pre');
  // It hands blanks to the merges as they are, and llama.cpp aborts on the first two in a row.
  if (pre === 'whitespace' && model !== 'whitespace') {
    throw refuse('tokenizer.ggml.pre', `is "whitespace", but the tokenizer is "${model}".`);
  }
}

/** Whether UTF-8 has the byte: all but C0, C1 and F5 to FF. */
function isByteOfText(byte: number): boolean {
  return byte < 0xf5 && byte !== 0xc0 && byte !== 0xc1;
}

const bytesOfText = Array.from({ length: 256 }, (_, byte) => byte).filter(isByteOfText);

function hexadecimal(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/**
 * SentencePiece spells what it does not know byte by byte; without a token for a byte llama.cpp throws,
 * which ends the process.
 */
function checkByteTokens(spellings: ReadonlyMap<string, number>): void {
  for (const byte of bytesOfText) {
    const spelling = `<0x${hexadecimal(byte)}>`;
    if (spellings.has(spelling)) continue;
    if (byte > 0 && byte < 0x80 && spellings.has(String.fromCharCode(byte))) continue;
    throw refuse(
      'tokenizer.ggml.tokens',
      `has no token ${spelling}: the tokenizer "llama" needs one for every byte of UTF-8.`,
    );
  }
}

/** In RWKV's vocabularies, whose tokens are escaped, llama.cpp never ends at a byte without a token. */
function checkEscapedBytes(spellings: ReadonlyMap<string, number>): void {
  const bytes = new Set<number>();
  const named = new Map([
    ['\\t', 9],
    ['\\n', 10],
    ['\\r', 13],
  ]);
  for (const spelling of spellings.keys()) {
    const [, code] = /^\\x([0-9a-f]{2})$/i.exec(spelling) ?? [];
    if (code !== undefined) bytes.add(Number.parseInt(code, 16));
    else if (named.has(spelling)) bytes.add(named.get(spelling)!);
    else if (/^(?:[^\\]|\\[^xtnr])$/.test(spelling))
      bytes.add(spelling.codePointAt(spelling.length - 1)!);
  }
  const lacking = bytesOfText.find((byte) => !bytes.has(byte));
  if (lacking === undefined) return;
  throw refuse(
    'tokenizer.ggml.tokens',
    `has no token \\x${hexadecimal(lacking)}: the tokenizer "rwkv" needs one for every byte of UTF-8.`,
  );
}

/** llama.cpp has no bytes in WordPiece, and aborts on a token that is said to be one. */
function refuseByteTypes(metadata: Metadata): void {
  const types = metadata.get('tokenizer.ggml.token_type');
  const values: readonly unknown[] = types?.type === 'array' ? types.value : [];
  const index = values.indexOf(byteType);
  if (index === -1) return;
  const field = `metadata["tokenizer.ggml.token_type"].value[${index}]`;
  throw new GgufError(
    field,
    `${field} is ${byteType}, a byte: the tokenizer "bert" has none. ${forged}`,
  );
}

/** llama.cpp aborts where it is to put a token before or behind a text that the vocabulary lacks. */
function checkSpecialTokens(metadata: Metadata, model: string, tokenCount: number): void {
  const isAdded = (key: string, byDefault: boolean): boolean => {
    const value = metadata.get(key);
    return value?.type === 'bool' ? value.value : byDefault;
  };
  const require = (role: 'bos' | 'eos' | 'sep', key: string): void => {
    const isThere = (id: number | undefined) => id !== undefined && id >= 0 && id < tokenCount;
    const given = integerOf(metadata.get(key));
    if (isThere(given) || isThere(defaultIds[model]?.[role])) return;
    throw refuse(
      key,
      given === undefined
        ? `is missing, but the tokenizer "${model}" adds that token to texts.`
        : `is ${given}, but there are only ${tokenCount} tokens, and that one is added to texts.`,
    );
  };
  const addsBos = isAdded('tokenizer.ggml.add_bos_token', model !== 't5' && model !== 'rwkv');
  const addsEos = isAdded('tokenizer.ggml.add_eos_token', model === 't5');
  if (model === 'rwkv' || model === 'plamo2') return;
  if (addsBos || model === 'bert') require('bos', 'tokenizer.ggml.bos_token_id');
  if (model === 'bert') require('sep', 'tokenizer.ggml.seperator_token_id');
  else if (addsEos) require('eos', 'tokenizer.ggml.eos_token_id');
}
