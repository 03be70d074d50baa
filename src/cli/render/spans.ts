import { wrapText } from './wrap.ts';

/** A piece of text in one style. */
export interface Span {
  readonly text: string;
  readonly style: (text: string) => string;
}

/** Breaks styled text into lines as {@link wrapText} breaks text. */
export function styleText(spans: readonly Span[], width: number): string[] {
  const plain = spans.map(({ text, style }) => ({ text: text.replaceAll('\t', '  '), style }));
  const text = plain.map((span) => span.text).join('');
  const styled = new StyledText(plain);
  return wrapText(text, width).map((line, i) => {
    if (i > 0) styled.skipBreak();
    return styled.take(line);
  });
}

/** Text that is taken from its beginning on. */
class StyledText {
  readonly #spans: readonly Span[];
  #span = 0;
  #at = 0;

  constructor(spans: readonly Span[]) {
    this.#spans = spans;
  }

  /** The next characters, which are those of `line`. */
  take(line: string): string {
    let taken = '';
    for (let left = line; left !== '';) {
      const span = this.#spans[this.#span]!;
      const rest = span.text.slice(this.#at);
      const part = left.slice(0, rest.length);
      if (part !== '') taken += span.style(part);
      left = left.slice(part.length);
      this.#advance(part.length, rest.length);
    }
    return taken;
  }

  /** Passes what a line break has taken away. */
  skipBreak(): void {
    for (;;) {
      const span = this.#spans[this.#span];
      if (span === undefined) return;
      const rest = span.text.slice(this.#at);
      const [spaces] = /^ *\n?/.exec(rest)!;
      this.#advance(spaces.length, rest.length);
      if (spaces.length < rest.length || spaces.endsWith('\n')) return;
    }
  }

  #advance(by: number, rest: number): void {
    this.#at += by;
    if (by < rest) return;
    this.#span++;
    this.#at = 0;
  }
}
