import { streamChat } from '../api/client.ts';
import { toApiError } from '../api/errors.ts';
import type { ChatRequest } from '../api/wire.ts';
import { createFold, type Answer } from './answer.ts';
import { createPerFrame } from './per-frame.ts';

/**
 * Streams one answer into `show`, at most once a frame. Before the first chunk nothing is shown, so
 * that an earlier answer stays in place until there is a new one. Resolves when the answer has ended;
 * never rejects.
 */
export async function runAnswer(
  request: ChatRequest,
  start: Answer,
  show: (answer: Answer) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const frames = createPerFrame(show);
  const fold = createFold(start, () => performance.now());
  let answer = start;
  try {
    for await (const chunk of streamChat(request, signal)) {
      answer = fold(chunk);
      frames.push(answer);
    }
    return { ...answer, status: 'done' };
  } catch (error) {
    if (signal.aborted) return { ...answer, status: 'stopped' };
    return { ...answer, status: 'failed', error: toApiError(error) };
  } finally {
    frames.cancel();
  }
}
