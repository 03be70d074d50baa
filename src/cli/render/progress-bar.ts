import type { Output } from '../output.ts';
import { LiveArea } from './live-area.ts';
import { cellWidth } from './width.ts';

/** How often a bar is drawn again, milliseconds. */
export const redrawMs = 100;

const widest = 30;
const narrowest = 5;

/** Shows how far something is while it goes on, and leaves nothing behind. */
export interface ProgressBar extends Disposable {
  draw(label: string, share: number, facts: string): void;
  /** Makes room for what is written meanwhile. */
  clear(): void;
}

const none: ProgressBar = { draw() {}, clear() {}, [Symbol.dispose]() {} };

/** A bar on a terminal; elsewhere nothing. @param now - Milliseconds from any origin. */
export function createProgressBar(output: Output, now: () => number): ProgressBar {
  if (!output.canRedraw) return none;
  const area = new LiveArea(output);
  let drawnAt = -Infinity;
  const clear = (): void => {
    if (drawnAt === -Infinity) return;
    area.finish([]);
    drawnAt = -Infinity;
  };
  return {
    draw(label, share, facts) {
      const ms = now();
      if (ms - drawnAt < redrawMs) return;
      drawnAt = ms;
      area.draw([renderProgress(output, label, share, facts)]);
    },
    clear,
    [Symbol.dispose]: clear,
  };
}

/** `label  ━━━╌╌╌  facts` on one line: without a bar where the terminal has no room for one. */
export function renderProgress(
  { columns, palette }: Output,
  label: string,
  share: number,
  facts: string,
): string {
  const blanks = 6; // between its parts, and two at the end
  const width = Math.min(widest, columns - cellWidth(label) - cellWidth(facts) - blanks);
  if (width < narrowest) return `${label}  ${facts}`;
  const filled = Math.round(width * share);
  const bar = `${palette.accent('━'.repeat(filled))}${palette.dim('╌'.repeat(width - filled))}`;
  return `${label}  ${bar}  ${facts}`;
}
