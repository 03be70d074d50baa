import type { Output } from './output.ts';

export interface AnswerPrinter {
  write(text: string): void;
  /** Ends the last line, if there is one. */
  end(): void;
}

/** Prints an answer as it comes. @param options.trimStart - Leave out white space before the first word. */
export function answerPrinter(
  output: Output,
  { trimStart }: { readonly trimStart: boolean },
): AnswerPrinter {
  let isAtStart = true;
  let last = '';
  return {
    write(text) {
      const shown = trimStart && isAtStart ? text.trimStart() : text;
      if (shown === '') return;
      isAtStart = false;
      last = shown;
      output.write(output.plain(shown));
    },
    end() {
      if (last !== '' && !last.endsWith('\n')) output.write('\n');
    },
  };
}
