import type { GeneratedToken, TokenLogprob } from '../../spec/index.ts';
import type { ChatLogprobs, CompletionLogprobs } from '../wire/openai-shapes.ts';
import type { TextOffsets } from './text-offsets.ts';

/** What stands for a banned token, whose log-prob is no number of JSON; OpenAI's own value. */
const banned = -9999;

/** A token whose log-prob may not be known: the first of a prompt follows nothing. */
export interface ReportedToken {
  /** `null` is the end of an answer, whichever of the end tokens it was. */
  readonly tokenId: number | null;
  readonly text: string;
  readonly bytes?: readonly number[];
  readonly logprob?: number;
  readonly topLogprobs?: readonly TokenLogprob[];
  /** Where its text begins, if that is known: of a prompt. */
  readonly textOffset?: number;
}

/** The end of an answer: no text, and a log-prob that the engine does not tell. */
export const answerEnd: ReportedToken = { tokenId: null, text: '' };

/** @param top - Alternatives asked for; a trace may have brought more. */
export function toChatLogprobs(tokens: readonly GeneratedToken[], top: number): ChatLogprobs {
  const content = tokens.map((token) => ({
    ...toAlternative({ ...token, logprob: token.logprob ?? banned }),
    top_logprobs: (token.topLogprobs ?? []).slice(0, top).map(toAlternative),
  }));
  return { content, refusal: null };
}

function toAlternative(
  token: TokenLogprob,
): ChatLogprobs['content'][number]['top_logprobs'][number] {
  return { token: spell(token), logprob: finite(token.logprob), bytes: [...bytesOf(token)] };
}

/** @param offsets - Of the answer that the tokens go on with. */
export function toCompletionLogprobs(
  tokens: readonly ReportedToken[],
  top: number,
  offsets: TextOffsets,
): CompletionLogprobs {
  return {
    tokens: tokens.map(spell),
    token_logprobs: tokens.map(({ logprob }) => (logprob === undefined ? null : finite(logprob))),
    top_logprobs: tokens.map((token) => toRecord(token, top)),
    text_offset: tokens.map((token) => token.textOffset ?? offsets.next(bytesOf(token))),
  };
}

/**
 * The token itself and its alternatives, by text. Another token of the same text is named by its id, so
 * that none hides another.
 */
function toRecord(token: ReportedToken, top: number): Record<string, number> | null {
  if (token.logprob === undefined) return null;
  const listed = (token.topLogprobs ?? []).slice(0, top);
  const others = listed.filter(({ tokenId }) => tokenId !== token.tokenId);
  const taken = new Set([spell(token)]);
  const names = new Map<number | null, string>([[token.tokenId, spell(token)]]);
  for (const other of others) {
    const name = taken.has(spell(other)) ? `token_id:${other.tokenId}` : spell(other);
    taken.add(name);
    names.set(other.tokenId, name);
  }
  // In the order of the list: best first, and the token after them if it is not among them.
  const isListed = others.length < listed.length;
  const all = isListed ? listed : [...listed, { ...token, logprob: token.logprob }];
  return Object.fromEntries(all.map((each) => [names.get(each.tokenId)!, finite(each.logprob)]));
}

/** A token's text; of part of a character its bytes, `bytes:\xf0\x9f`, as OpenAI spells them. */
function spell({ text, bytes = [] }: Pick<ReportedToken, 'text' | 'bytes'>): string {
  if (bytes.length === 0) return text;
  return `bytes:${bytes.map((byte) => String.raw`\x` + byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What a token adds to the text. */
export function bytesOf({ text, bytes }: Pick<ReportedToken, 'text' | 'bytes'>): Uint8Array {
  return bytes === undefined ? Buffer.from(text) : Uint8Array.from(bytes);
}

/** A log-prob, or a difference of some, as a number of JSON. */
export function finite(nats: number): number {
  if (Number.isNaN(nats)) return 0; // of what is banned on both sides
  return Math.min(-banned, Math.max(banned, nats));
}
