import { resolveStopStrings } from '../options/index.ts';
import { createStopMatcher } from './stop-strings.ts';

/** Turns the bytes of tokens into text that may be shown at once. */
export interface TextStream {
  /**
   * The text that the bytes so far complete: whole UTF-8 characters that cannot be part of a stop
   * string. Nothing after a stop string.
   * @param mayStop - `false`: stop strings are not looked for yet. Not after they have been.
   */
  push(bytes: Uint8Array, mayStop?: boolean): string;
  /** The rest of the text: half a character becomes U+FFFD, half a stop string is text. */
  end(): string;
  /** The stop string that ended the text, once one did. */
  readonly stopString: string | undefined;
}

/**
 * A stream whose parts together are the whole text, decoded as `TextDecoder` does (bytes that are no
 * UTF-8 become U+FFFD), up to the first stop string.
 * @throws InvalidOptionError for stop strings beyond the limits.
 */
export function createTextStream(
  options: { readonly stop?: string | readonly string[] | undefined } = {},
): TextStream {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const matcher = createStopMatcher(resolveStopStrings(options.stop));
  return {
    get stopString() {
      return matcher.stopString;
    },
    push(bytes, mayStop = true) {
      const text = decoder.decode(bytes, { stream: true });
      return mayStop ? matcher.push(text) : text;
    },
    end: () => matcher.push(decoder.decode()) + matcher.end(),
  };
}
