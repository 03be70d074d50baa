import type { TokenId, Vocabulary } from '../spec/index.ts';
import { constraintLimits } from './limits.ts';
import type { Configuration } from './configuration.ts';
import type { Recogniser } from './recogniser.ts';
import { pieceOf, type TokenIndex } from './token-index.ts';

/**
 * The tokens of the text that must follow, as the tokenizer cuts it. The last one is left out unless
 * the answer ends there, because it might have merged with what follows.
 * @returns Nothing if fewer than two tokens are certain.
 */
export function forcedTokens(
  configuration: Configuration,
  recogniser: Recogniser,
  index: TokenIndex,
  vocabulary: Vocabulary,
): readonly TokenId[] {
  const { bytes, isWhole } = forcedBytes(configuration, recogniser);
  if (bytes.length < 2) return [];
  const text = decode(bytes);
  if (text === undefined) return [];
  const cut = vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });
  const tokens = isWhole ? cut : cut.slice(0, -1);
  return tokens.length >= 2 && spell(tokens, bytes, index) ? tokens : [];
}

function forcedBytes(
  configuration: Configuration,
  recogniser: Recogniser,
): { bytes: number[]; isWhole: boolean } {
  const bytes: number[] = [];
  let at = configuration;
  while (bytes.length < constraintLimits.forcedBytes) {
    const byte = at.accepting ? undefined : onlyByte(at, recogniser);
    if (byte === undefined) break;
    bytes.push(byte);
    at = recogniser.advance(at, byte)!;
  }
  return { bytes, isWhole: at.accepting && at.entries.length === 0 };
}

function onlyByte({ entries }: Configuration, { automaton }: Recogniser): number | undefined {
  const { byteFirsts, byteFroms, byteTos } = automaton;
  let only: number | undefined;
  for (const { state } of entries) {
    for (let edge = byteFirsts[state]!; edge < byteFirsts[state + 1]!; edge++) {
      const from = byteFroms[edge]!;
      if (from !== byteTos[edge] || (only !== undefined && only !== from)) return undefined;
      only = from;
    }
  }
  return only;
}

/** The whole characters among the bytes; `undefined` if they begin inside one. */
function decode(bytes: readonly number[]): string | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(Uint8Array.from(bytes), { stream: true }); // keeps back half a character
  } catch {
    return undefined;
  }
}

/** Whether the tokens are the beginning of `bytes`: some tokenizers add a space in front. */
function spell(tokens: readonly TokenId[], bytes: readonly number[], index: TokenIndex): boolean {
  let position = 0;
  for (const tokenId of tokens) {
    const piece = pieceOf(index.pieces, tokenId);
    if (piece === undefined || !piece.every((byte, i) => bytes[position + i] === byte))
      return false;
    position += piece.length;
  }
  return true;
}
