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
  { signal, ...options }: TokenizeFittingOptions,
  room: Room,
): Promise<TokenId[]> {
  const { contextLength: most } = room;
  requireRoom(vocabulary, text, room);
  const tokens =
    (await vocabulary.tokenizeLong?.(text, { ...options, most, signal })) ??
    vocabulary.tokenize(text, options);
  signal?.throwIfAborted();
  if (tokens.length > most) throw tooLong(`at least ${tokens.length}`, room);
  return tokens;
}

/** @throws ContextLengthError for a text that has more tokens than the context holds however it is cut. */
function requireRoom(vocabulary: Vocabulary, text: string, room: Room): void {
  const { contextLength } = room;
  // A token is at least a byte.
  if (contextLength === Infinity || Buffer.byteLength(text) <= contextLength) return;
  const fewest = fewestTokens(vocabulary, text, contextLength);
  if (fewest > contextLength) throw tooLong(`at least ${fewest}`, room);
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

export function tooLong(count: number | string, { name, contextLength }: Room): ContextLengthError {
  return new ContextLengthError(
    `The prompt is ${count} tokens long for ${JSON.stringify(name)}, whose context holds ${contextLength} with the answer. ` +
      'Shorten it, or raise engine.contextLength.',
  );
}
