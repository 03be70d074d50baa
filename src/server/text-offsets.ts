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
    this.#count += countCodePoints(decode(all.subarray(0, complete)));
    this.#pending = all.slice(complete);
  }
}

export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** How many bytes at the end are the beginning of a character. */
function unfinished(bytes: Uint8Array): number {
  for (let length = Math.min(3, bytes.length); length > 0; length--) {
    if (decode(bytes.subarray(-length), true) === '') return length;
  }
  return 0;
}

function decode(bytes: Uint8Array, stream = false): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream });
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
