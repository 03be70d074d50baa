import type { GenerationChunk, GenerationResult, ServiceStream } from '../../spec/index.ts';
import { ChunkInbox } from '../chunk-inbox.ts';
import { Credit } from '../credit.ts';

/**
 * A stream of what a server sends. It is read from the start, so that the result settles whether or not
 * anybody iterates; once somebody does, no more than a window is read ahead of them, and the server waits.
 * @param generate - Reads the answer; ends when its signal is aborted.
 * @param ended - What ends it from outside.
 */
export function createHttpStream(
  generate: (signal: AbortSignal) => AsyncGenerator<GenerationChunk, GenerationResult, undefined>,
  ended: AbortSignal,
): ServiceStream {
  const left = new AbortController();
  const signal = AbortSignal.any([ended, left.signal]);
  const credit = new Credit(signal);
  const inbox = new ChunkInbox((chunks) => credit.give(chunks));
  const result = read();
  result.catch((error: unknown) => inbox.fail(error)); // whoever only iterates learns of it there
  return {
    result,
    async *[Symbol.asyncIterator](): AsyncGenerator<GenerationChunk, void, undefined> {
      try {
        yield* inbox.read();
      } finally {
        left.abort(new DOMException('The reader left the stream.', 'AbortError'));
      }
    },
  };

  async function read(): Promise<GenerationResult> {
    const chunks = generate(signal);
    try {
      for (;;) {
        const next = await chunks.next();
        if (next.done === true) {
          inbox.close();
          return next.value;
        }
        inbox.push(next.value);
        if (credit.wasGiven) await credit.take();
      }
    } finally {
      // An answer that is left is not read to its end. Its own error has been told.
      void chunks.return(undefined as never).catch(() => {});
    }
  }
}
