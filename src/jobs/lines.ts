/** A line of a file of JSONL; without its text it is one that cannot be read. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string | null;
  /** What is wrong with it. */
  readonly fault: string | null;
}

const newline = 0x0a;

/** The lines of a file that are not blank. Of one that is too long, no more is kept than the limit. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const take = (): Line | undefined => {
    number += 1;
    const line = toLine(number, parts, length, maxBytes);
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length;) {
      const end = chunk.indexOf(newline, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      length += part.length;
      if (length <= maxBytes) parts.push(part);
      from += part.length + 1;
      if (end === -1) break;
      const line = take();
      if (line !== undefined) yield line;
    }
  }
  const last = length > 0 ? take() : undefined;
  if (last !== undefined) yield last;
}

function toLine(
  number: number,
  parts: readonly Uint8Array[],
  length: number,
  maxBytes: number,
): Line | undefined {
  if (length > maxBytes) {
    return { number, text: null, fault: `it has ${length} bytes, more than ${maxBytes}` };
  }
  try {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    // It takes a mark of byte order away, which Windows puts before the first line.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.trim() === '' ? undefined : { number, text, fault: null };
  } catch {
    return { number, text: null, fault: 'it is not UTF-8' };
  }
}
