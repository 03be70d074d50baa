import type { GenerationChunk, GenerationResult, ServiceStream } from '../../spec/index.ts';
import { onAbort } from '../../waiting/index.ts';

/** A piece of one of a request's answers, or its end. */
export type ChoiceEvent =
  | { readonly index: number; readonly chunk: GenerationChunk; readonly result?: never }
  | { readonly index: number; readonly result: GenerationResult; readonly chunk?: never };

interface Step {
  readonly event: ChoiceEvent;
  readonly chunks: AsyncIterator<GenerationChunk>;
  readonly stream: ServiceStream;
}

/**
 * Runs a request's answers, `parallel` of them at once, and merges what they say as it comes. An answer
 * is asked for its next chunk only when the last one has been taken, so a slow reader slows them all.
 * @throws The first answer's error, or the signal's reason, at once; the signal ends the others.
 */
export async function* runChoices(
  starts: readonly (() => ServiceStream)[],
  parallel: number,
  signal: AbortSignal,
): AsyncGenerator<ChoiceEvent, void, undefined> {
  const waiting = starts.entries();
  const running = new Map<number, Promise<Step>>();
  const open = new Set<AsyncIterator<GenerationChunk>>();
  const { promise: aborted, stop } = rejectOnAbort(signal);
  const startNext = () => {
    const { value } = waiting.next();
    if (value === undefined) return;
    const [index, start] = value;
    const stream = start();
    stream.result.catch(() => {}); // an error comes through the iteration
    const chunks = stream[Symbol.asyncIterator]();
    open.add(chunks);
    follow(index, stream, chunks);
  };
  const follow = (index: number, stream: ServiceStream, chunks: AsyncIterator<GenerationChunk>) => {
    const step = nextStep(index, stream, chunks);
    step.catch(() => {}); // told by the race, once
    running.set(index, step);
  };
  try {
    for (let i = 0; i < parallel; i++) startNext();
    while (running.size > 0) {
      const { event, stream, chunks } = await Promise.race([aborted, ...running.values()]);
      running.delete(event.index);
      yield event;
      if (event.result === undefined) {
        follow(event.index, stream, chunks);
      } else {
        open.delete(chunks);
        startNext();
      }
    }
  } finally {
    stop();
    // Not awaited: one that does not hear its signal would hold up the rest.
    for (const chunks of open) chunks.return?.().catch(() => {});
  }
}

async function nextStep(
  index: number,
  stream: ServiceStream,
  chunks: AsyncIterator<GenerationChunk>,
): Promise<Step> {
  const next = await chunks.next();
  const event =
    next.done === true ? { index, result: await stream.result } : { index, chunk: next.value };
  return { event, stream, chunks };
}

/** Does not wait for an engine that does not hear. */
export function rejectOnAbort(signal: AbortSignal): {
  readonly promise: Promise<never>;
  readonly stop: () => void;
} {
  let stop!: () => void;
  const promise = new Promise<never>((_, reject) => {
    stop = onAbort(signal, reject);
  });
  promise.catch(() => {});
  return { promise, stop };
}

/** Like `Promise.all` over a mapped array, with at most `limit` of them at once. */
export async function mapParallel<Item, Value>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const values: Value[] = [];
  const waiting = items.entries();
  const work = async () => {
    for (const [index, item] of waiting) values[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return values;
}
