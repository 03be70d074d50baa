/** Where each token's text begins in the text that all of them spell. */
export class TextOffsets {
  /** Code points that are complete. */
  #count: number;
  /** Bytes of the character in work. */
  #pending = new Uint8Array(0);

  /** @param start - Code points before the first token. */
  constructor(start: number) {
    this.#count = start;
  }

  /**
   * Code points of the text before the token's own. A token that goes on with a character is where that
   * character begins. Bytes that are no UTF-8 are one code point each, as `TextDecoder` has it.
   * @param bytes - The token's.
   */
  next(bytes: Uint8Array): number {
    const before = this.#count;
    if (bytes.length === 0) return before;
    const isWithin = this.#pending.length > 0;
    this.#take(bytes.subarray(0, 1));
    const goesOn = isContinuation(bytes[0]!) && this.#count - before <= 1;
    this.#take(bytes.subarray(1));
    return isWithin && !goesOn ? before + 1 : before;
  }

  #take(bytes: Uint8Array): void {
    const all = Uint8Array.from([...this.#pending, ...bytes]);
    const complete = all.length - unfinished(all);
    this.#count += countCodePoints(whole.decode(all.subarray(0, complete)));
    this.#pending = all.slice(complete);
  }
}

export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

const settings = { ignoreBOM: true };
const whole = new TextDecoder('utf-8', settings);

/** How many bytes at the end are the beginning of a character. */
function unfinished(bytes: Uint8Array): number {
  if ((bytes.at(-1) ?? 0) < 0x80) return 0; // ASCII ends every character
  for (let length = Math.min(3, bytes.length); length > 0; length--) {
    const beginning = new TextDecoder('utf-8', settings); // keeps what it was given
    if (beginning.decode(bytes.subarray(-length), { stream: true }) === '') return length;
  }
  return 0;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
