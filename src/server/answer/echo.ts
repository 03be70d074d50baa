import type { InferenceService, GenerateOptions, TokenId } from '../../spec/index.ts';
import type { CompletionPrompt } from '../wire/completion-body.ts';
import type { Echo } from './completion-answer.ts';
import { bytesOf, type ReportedToken } from './logprobs.ts';
import type { ServedName } from '../wire/model-name.ts';
import { TextOffsets } from './text-offsets.ts';

export interface EchoRequest {
  readonly name: ServedName;
  readonly owner: string;
  readonly request: string;
  readonly signal: AbortSignal;
  readonly logprobs: boolean;
  readonly options: Omit<GenerateOptions, 'signal'>;
}

/**
 * A prompt's own text, and the log-probs of its tokens where they are asked for. The first token follows
 * nothing and has none.
 */
export async function echoPrompt(
  service: InferenceService,
  prompt: CompletionPrompt,
  { name, owner, request, signal, logprobs, options }: EchoRequest,
): Promise<Echo> {
  const { recipe, only } = name;
  const ids =
    typeof prompt === 'string'
      ? await service.tokenize(recipe, prompt, {
          only,
          addSpecial: true,
          parseSpecial: true,
          mustFit: true,
        })
      : prompt;
  const text =
    typeof prompt === 'string' ? prompt : await service.detokenize(recipe, ids, { only });
  const tokenCount = ids.length;
  const [first, ...rest] = ids;
  if (!logprobs || first === undefined) return { text, tokens: [], tokenCount };
  const head = { tokenId: first, text: await service.detokenize(recipe, [first], { only }) };
  const place = typeof prompt === 'string' ? placeInText : placeInTurn;
  if (rest.length === 0) return { text, tokens: place(text, [head]), tokenCount };
  const { params, schedules, topLogprobs } = options;
  const { tokens } = await service.score({
    recipe,
    prompt: { tokens: [first] satisfies TokenId[] },
    continuation: rest,
    owner,
    request,
    signal,
    options: {
      ...(params && { params }),
      ...(schedules !== undefined && { schedules }),
      ...(only !== undefined && { only }),
      ...(topLogprobs !== undefined && { topLogprobs }),
    },
  });
  const whole = { ...head, ...partOf(text, head, tokens[0]) };
  return { text, tokens: place(text, [whole, ...tokens]), tokenCount };
}

/** The bytes of a first token that is part of a character: what of the text precedes the second. */
function partOf(
  text: string,
  head: ReportedToken,
  second: ReportedToken | undefined,
): Pick<ReportedToken, 'bytes'> {
  if (second === undefined || !head.text.includes('\uFFFD') || text.startsWith(head.text))
    return {};
  const end = Buffer.from(text).indexOf(bytesOf(second));
  return end > 0 ? { bytes: [...Buffer.from(text).subarray(0, end)] } : {};
}

/** Tokens whose bytes, one after the other, are the text. */
function placeInTurn(_: string, tokens: readonly ReportedToken[]): ReportedToken[] {
  const offsets = new TextOffsets(0);
  return tokens.map((token) => ({ ...token, textOffset: offsets.next(bytesOf(token)) }));
}

/**
 * Tokens that a text was cut into. They are not quite the text: control tokens may be spelled in it, or be
 * added to it, as BOS is, and some tokenizers put a blank before it.
 */
export function placeInText(text: string, tokens: readonly ReportedToken[]): ReportedToken[] {
  const rest = Buffer.from(text);
  const offsets = new TextOffsets(0);
  let at = 0;
  const take = (bytes: Uint8Array): number => {
    at += bytes.length;
    return offsets.next(bytes);
  };
  const isNext = (bytes: Uint8Array) =>
    bytes.length > 0 && rest.subarray(at, at + bytes.length).equals(bytes);
  return tokens.map((token) => {
    const own = bytesOf(token);
    const forms = [own, Buffer.from(token.text), ...(at === 0 ? [own.subarray(1)] : [])];
    const said = forms.find(isNext);
    if (said === undefined) {
      // After what the vocabulary could not say; or added, and nowhere in the text.
      const found = own.length > 0 ? rest.indexOf(own, at) : -1;
      if (found < 0) return { ...token, textOffset: take(new Uint8Array(0)) };
      take(rest.subarray(at, found));
    }
    return { ...token, textOffset: take(said ?? own) };
  });
}
