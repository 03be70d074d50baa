/** Lines kept, and UTF-16 units of each. */
const maxLines = 20;
const maxLineLength = 400;

/** A frame of a native stack trace: a dozen of these would push out the line that says what happened. */
const nativeFrame = /^ *\d+: 0x[0-9a-f]+ /;

/** The last lines of a text that comes in pieces, in bounded memory. */
export class LineTail {
  readonly #onLine: (line: string) => void;
  readonly #lines: string[] = [];
  #rest = '';

  /** @param onLine - Called with every line; long ones are cut. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** The last lines that are neither empty nor frames of a native stack trace. */
  get lines(): readonly string[] {
    return this.#rest.trim() === '' ? this.#lines : [...this.#lines, this.#rest];
  }

  push(text: string): void {
    const [first, ...others] = text.split('\n');
    this.#rest = (this.#rest + first!).slice(0, maxLineLength);
    for (const next of others) {
      this.#end();
      this.#rest = next.slice(0, maxLineLength);
    }
  }

  #end(): void {
    const line = this.#rest.trimEnd();
    if (line === '') return;
    this.#onLine(line);
    if (nativeFrame.test(line)) return;
    this.#lines.push(line);
    if (this.#lines.length > maxLines) this.#lines.shift();
  }
}
