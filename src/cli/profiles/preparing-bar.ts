import type { QuestionProgress } from '../../profiles/index.ts';
import type { Cli } from '../cli.ts';
import { formatDuration } from '../render/numbers.ts';
import { createProgressBar, type ProgressBar } from '../render/progress-bar.ts';

/** Shows, on a terminal, how far the answers of the next question are while somebody waits for it. */
export interface PreparingBar extends Pick<ProgressBar, 'clear' | typeof Symbol.dispose> {
  readonly update: (progress: QuestionProgress) => void;
}

/** Tokens that are written before their pace says anything: prompts are read first. */
const leastTokens = 4;

export function createPreparingBar(
  { err, now }: Pick<Cli, 'err' | 'now'>,
  isQuiet: boolean,
): PreparingBar {
  const bar = createProgressBar(err, now);
  let first: { readonly ms: number; readonly tokens: number } | undefined;
  return {
    update({ tokens, most }) {
      if (isQuiet) return;
      // Those of another prompt begin anew.
      if (first === undefined || tokens <= first.tokens) first = { ms: now(), tokens };
      const written = tokens - first.tokens;
      const seconds = (((now() - first.ms) / written) * (most - tokens)) / 1000;
      const left = written < leastTokens ? '' : `, at most ${formatDuration(seconds)} more`;
      bar.draw('preparing a question', tokens / most, `${tokens} of at most ${most} tokens${left}`);
    },
    clear() {
      bar.clear();
      first = undefined;
    },
    [Symbol.dispose]: () => bar[Symbol.dispose](),
  };
}
