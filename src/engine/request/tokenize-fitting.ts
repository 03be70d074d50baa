import { fewestTokens } from '../../prompt/index.ts';
import {
  ContextLengthError,
  InvalidOptionError,
  type TokenId,
  type TokenizeTextOptions,
  type Vocabulary,
} from '../../spec/index.ts';

/** What a text must fit into. */
export interface Room {
  /** Of the model, for messages. */
  readonly name: string;
  readonly contextLength: number;
}

export interface TokenizeFittingOptions extends TokenizeTextOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tokens of a text that somebody gave, however long it is: what cannot fit is refused before it is
 * tokenised, and what may fit is tokenised in parts, between which other work goes on.
 * @throws ContextLengthError for more tokens than the context holds.
 */
export async function tokenizeFitting(
  vocabulary: Vocabulary,
  text: string,
  options: TokenizeFittingOptions,
  room: Room,
): Promise<TokenId[]> {
  const tokens = await tokenizeCounted(vocabulary, text, options, room);
  if (tokens.length > room.contextLength) throw tooLong(tokens.length, room);
  return tokens;
}

/**
 * The same for a part of what must fit: it may be too long, so that whoever is refused learns by how much.
 * @throws ContextLengthError for so much that it is not counted.
 */
export async function tokenizeCounted(
  vocabulary: Vocabulary,
  text: string,
  { signal, ...options }: TokenizeFittingOptions,
  room: Room,
): Promise<TokenId[]> {
  const most = mostCounted(room);
  requireRoom(vocabulary, text, room);
  const tokens =
    (await vocabulary.tokenizeLong?.(text, { ...options, most, signal })) ??
    vocabulary.tokenize(text, options);
  signal?.throwIfAborted();
  requireCounted(tokens.length, room);
  return tokens;
}

/** @throws ContextLengthError for more tokens than are counted. */
export function requireCounted(count: number, room: Room): void {
  if (count > mostCounted(room)) throw tooLong(count, room, 'at least ');
}

/** Of a prompt that is too long: counting more would be work for nothing. */
function mostCounted({ contextLength }: Room): number {
  return 2 * contextLength;
}

/** @throws ContextLengthError for a text that has more tokens than are counted, however it is cut. */
function requireRoom(vocabulary: Vocabulary, text: string, room: Room): void {
  const most = mostCounted(room);
  // A token is at least a byte.
  if (Buffer.byteLength(text) <= most) return;
  requireCounted(fewestTokens(vocabulary, text, most), room);
}

/** Of a text that is tokenised for its own sake, in bytes of UTF-8. */
const longestText = 2 ** 20;

/** @throws InvalidOptionError for a text that is longer than any that is tokenised for its own sake. */
export function requireBounded(text: string): void {
  const length = Buffer.byteLength(text);
  if (length <= longestText) return;
  throw new InvalidOptionError(
    'content',
    `The text has ${length} bytes: at most ${longestText} are tokenised at once. Give it in parts.`,
  );
}

/** @param least - Before the numbers, where there may be more. */
export function tooLong(
  count: number,
  { name, contextLength }: Room,
  least: 'at least ' | '' = '',
): ContextLengthError {
  const excess = count - contextLength + 1; // the answer is a token at least
  return new ContextLengthError(
    `The prompt is ${least}${count} tokens long for ${JSON.stringify(name)}, ${least}${excess} too many: its context holds ` +
      `${contextLength} with the answer. Shorten it, or raise engine.contextLength.`,
  );
}
