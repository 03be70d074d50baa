import type { AnswerPrinter } from '../answer-printer.ts';
import type { Cli } from '../cli.ts';
import { LiveArea } from '../render/live-area.ts';
import { showMarkdown, splitSettled } from '../render/markdown.ts';

/** Between two drawings, so that what is long costs no more than what is short. */
const everyMs = 40;

/**
 * Shows an answer's Markdown as it comes: the block that is being written is drawn again and again, those before it are left
 * alone. White space before the first word is left out.
 */
export function markdownPrinter({ out, now }: Pick<Cli, 'out' | 'now'>): AnswerPrinter {
  const live = new LiveArea(out);
  let growing = '';
  let isFirst = true;
  let drawnAt = -Infinity;
  const linesOf = (text: string): string[] => {
    const style = { width: Math.min(100, out.columns), palette: out.palette };
    const lines = showMarkdown(text, style);
    return isFirst ? lines : ['', ...lines];
  };
  const settle = (text: string): void => {
    live.finish(linesOf(text));
    isFirst = false;
  };
  return {
    write(text) {
      growing += out.plain(text);
      if (growing.trim() === '') return;
      if (isFirst) growing = growing.trimStart();
      if (now() - drawnAt < everyMs) return;
      const [settled, rest] = splitSettled(growing);
      if (settled.trim() !== '') settle(settled);
      growing = rest;
      live.draw(linesOf(growing));
      drawnAt = now();
    },
    end() {
      if (growing.trim() !== '') settle(growing);
      live[Symbol.dispose]();
    },
  };
}
