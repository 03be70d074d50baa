import { useEffect, useRef, useState } from 'preact/hooks';

import type { Answer } from '../answers/answer.ts';

/** Between two announcements of one answer, so that speech is not cut off by the next token. */
const pauseMs = 2500;

/** Tells a screen reader of an answer in whole sentences as it comes, and its rest at the end. */
export function Announcer({ answer }: { readonly answer: Answer | undefined }) {
  const [said, setSaid] = useState('');
  const progress = useRef({ run: -1, length: 0, at: 0 });
  useEffect(() => {
    if (answer === undefined) return;
    const { run, text, status } = answer;
    if (progress.current.run !== run) progress.current = { run, length: 0, at: performance.now() };
    const { length, at } = progress.current;
    const isOver = status !== 'streaming';
    if (!isOver && performance.now() - at < pauseMs) return;
    const end = isOver ? text.length : endOfSentences(text);
    if (end <= length) return;
    progress.current = { run, length: end, at: performance.now() };
    setSaid(text.slice(length, end).trim());
  }, [answer]);
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {said}
    </div>
  );
}

function endOfSentences(text: string): number {
  return Math.max(0, ...['. ', '! ', '? ', '\n'].map((end) => text.lastIndexOf(end) + 1));
}
