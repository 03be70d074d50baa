import type { Output } from '../output.ts';
import { physicalRows } from './columns.ts';

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';

/**
 * Lines at the end of a terminal that are drawn again in place. What is higher than the terminal
 * shows its end while it changes, and all of it once it is finished.
 */
export class LiveArea implements Disposable {
  readonly #output: Output;
  #drawn: readonly string[] = [];
  #isHidden = false;

  constructor(output: Output) {
    this.#output = output;
  }

  draw(lines: readonly string[]): void {
    const { rows, columns } = this.#output;
    let shown = lines;
    while (shown.length > 1 && physicalRows(shown, columns) > rows - 1) shown = shown.slice(1);
    this.#replace(shown, this.#isHidden ? '' : hideCursor);
    this.#isHidden = true;
  }

  /** Draws for the last time; what follows is written below. */
  finish(lines: readonly string[]): void {
    this.#replace(lines, '');
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#isHidden) this.#output.write(showCursor);
    this.#isHidden = false;
    this.#drawn = [];
  }

  #replace(lines: readonly string[], prefix: string): void {
    const height = physicalRows(this.#drawn, this.#output.columns);
    const up = this.#drawn.length === 0 ? '' : `\u001B[${height}A\r`;
    const body = lines.map((line) => `${line}\u001B[K\n`).join('');
    this.#output.write(`${prefix}${up}${body}\u001B[J`);
    this.#drawn = lines;
  }
}
