import type { GeneratedToken, TokenLogprob } from '../spec/index.ts';
import type { ChatLogprobs, CompletionLogprobs } from './openai-shapes.ts';

/** What stands for a banned token, whose log-prob is no number of JSON; OpenAI's own value. */
const banned = -9999;

/** A token whose log-prob may not be known: the first of a prompt follows nothing. */
export interface ReportedToken {
  /** `null` is the end of an answer, whichever of the end tokens it was. */
  readonly tokenId: number | null;
  readonly text: string;
  readonly logprob?: number;
  readonly topLogprobs?: readonly TokenLogprob[];
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

function toAlternative({
  text,
  logprob,
}: TokenLogprob): ChatLogprobs['content'][number]['top_logprobs'][number] {
  // The bytes of a part of a character are not in its text.
  const bytes = isPartial(text) ? null : [...Buffer.from(text)];
  return { token: text, logprob: finite(logprob), bytes };
}

/** @param offset - Characters of the answer's text before the first of the tokens. */
export function toCompletionLogprobs(
  tokens: readonly ReportedToken[],
  top: number,
  offset: number,
): CompletionLogprobs {
  let end = offset;
  return {
    tokens: tokens.map(keyOf),
    token_logprobs: tokens.map(({ logprob }) => (logprob === undefined ? null : finite(logprob))),
    top_logprobs: tokens.map((token) => toRecord(token, top)),
    text_offset: tokens.map(({ text }) => {
      const start = end;
      end += text.length;
      return start;
    }),
  };
}

/** The alternatives and the token itself, by text. */
function toRecord(token: ReportedToken, top: number): Record<string, number> | null {
  if (token.logprob === undefined) return null;
  const listed = (token.topLogprobs ?? []).slice(0, top);
  const all = [...listed, { ...token, logprob: token.logprob }];
  return Object.fromEntries(all.map((each) => [keyOf(each), finite(each.logprob)]));
}

/** Parts of characters all look alike, so these are named by their ids, as in vLLM. */
function keyOf({ tokenId, text }: ReportedToken): string {
  return isPartial(text) ? `token_id:${tokenId}` : text;
}

function isPartial(text: string): boolean {
  return text.includes('\uFFFD');
}

/** A log-prob as a number of JSON. */
export function finite(logprob: number): number {
  return Math.max(banned, logprob);
}
