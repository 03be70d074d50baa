import type { GenerationChunk, GenerationResult, ServiceStream } from '../../spec/index.ts';
import { ChunkInbox } from '../chunk-inbox.ts';
import type { ServiceCall } from './protocol.ts';
import type { RemoteCalls, SentCall } from './remote-calls.ts';

/** Runs a request on the calls of a process that answers. */
type WithCalls = <Result>(work: (calls: RemoteCalls) => Promise<Result>) => Promise<Result>;

/**
 * A generation in the engine's process. What its reader has not taken is waited for there: at most a
 * window of chunks is under way or in memory here.
 */
export function createRemoteStream(
  call: Extract<ServiceCall, { method: 'stream' }>,
  signal: AbortSignal | undefined,
  withCalls: WithCalls,
): ServiceStream {
  let sent: SentCall | undefined;
  let credit = 0;
  const inbox = new ChunkInbox((chunks) => {
    credit += chunks;
    giveCredit();
  });
  const result = withCalls(generate);
  result.catch((error: unknown) => inbox.fail(error));
  return {
    result,
    async *[Symbol.asyncIterator](): AsyncGenerator<GenerationChunk, void, undefined> {
      try {
        yield* inbox.read();
      } finally {
        sent?.cancel(new DOMException('The reader left the stream.', 'AbortError'));
      }
    },
  };

  async function generate(calls: RemoteCalls): Promise<GenerationResult> {
    sent = calls.start(call, signal, inbox);
    giveCredit();
    return (await sent.result) as GenerationResult;
  }

  function giveCredit(): void {
    if (sent === undefined || credit === 0) return;
    sent.giveCredit(credit);
    credit = 0;
  }
}
