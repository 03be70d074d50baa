import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';

import { rejectOnAbort } from './choices.ts';
import type { Call } from './calls.ts';
import type { AppEnv } from '../environment.ts';
import { createDeferred, systemTimer } from '../../waiting/index.ts';
import { RefusedError } from '../edge/errors.ts';

export interface EventStreamOptions {
  /** Objects to send; their order is the stream's. */
  readonly frames: AsyncIterator<object, void>;
  /** Disposed of when the stream has ended. */
  readonly call: Call;
  readonly pingMs: number;
  /** How long the client may take nothing before the stream is ended. */
  readonly stallMs: number;
  /** Reports an error in the middle of the stream, and says how to tell the client: in these last objects. */
  readonly onError: (error: unknown) => readonly object[];
  /** By default {@link chunkSpelling}. */
  readonly spelling?: EventSpelling | undefined;
}

/** How a stream's objects are written, and what follows the last one where there was no error. */
export interface EventSpelling {
  spell(frame: object): string;
  readonly end: string;
}

/** Of chunks, as chats and completions have them. */
const chunkSpelling: EventSpelling = {
  spell: (frame) => `data: ${JSON.stringify(frame)}\n\n`,
  end: 'data: [DONE]\n\n',
};

/** Of events with a `type` that is their name; the last one is an end by its type. */
export const eventSpelling: EventSpelling = {
  spell: (frame) =>
    `event: ${(frame as { readonly type: string }).type}\n${chunkSpelling.spell(frame)}`,
  end: '',
};

/** How long a reader that has stopped reading is given to take the error chunk. */
const lastWriteMs = 1000;

/**
 * Server-sent events: each frame as it is spelled, comments while nothing comes, the end, or an error's
 * objects instead. Waits for the first frame up to `pingMs`, so that an early error still gets a
 * status of its own. The next frame is asked for once the client has taken the last one; one that takes
 * nothing for `stallMs` is told so and left.
 * @throws An error before the first frame.
 */
export async function eventStream(
  c: Context<AppEnv>,
  { frames, call, pingMs, stallMs, onError, spelling = chunkSpelling }: EventStreamOptions,
): Promise<Response> {
  let next = frames.next();
  try {
    await within(next, pingMs);
  } catch (error) {
    call[Symbol.dispose]();
    throw error;
  }
  let onEnd!: () => void;
  c.var.record.streamed = new Promise((resolve) => {
    onEnd = resolve;
  });
  c.header('X-Accel-Buffering', 'no');
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => call.abort(new DOMException('The client has gone.', 'AbortError')));
    const aborted = rejectOnAbort(call.signal);
    const send = async (text: string): Promise<void> => {
      const taken = within(stream.write(text), stallMs);
      if (await Promise.race([taken, aborted.promise])) return;
      throw new RefusedError(
        'reader_stalled',
        `The answer was ended: for ${stallMs / 1000} s nothing of it was read.`,
      );
    };
    try {
      for (;;) {
        const frame = await withPings(next, pingMs, () => send(': ping\n\n'));
        if (frame.done === true) break;
        await send(spelling.spell(frame.value));
        next = frames.next();
      }
      await send(spelling.end);
    } catch (error) {
      const last = onError(error).map((frame) => spelling.spell(frame));
      const isTaken = await sendLast(stream, last.join(''));
      if (!isTaken) c.env.outgoing?.destroy(); // or its buffers would wait for ever
    } finally {
      aborted.stop();
      call[Symbol.dispose]();
      frames.return?.().catch(() => {});
      onEnd();
    }
  });
}

/** The value, with a ping for every `pingMs` it takes. */
async function withPings<Value>(
  value: Promise<Value>,
  pingMs: number,
  ping: () => Promise<unknown>,
): Promise<Value> {
  while (!(await within(value, pingMs))) await ping();
  return value;
}

/** Whether the value came in time. @throws Its error, if that came. */
async function within(value: Promise<unknown>, limitMs: number): Promise<boolean> {
  const late = createDeferred<boolean>();
  const stop = systemTimer(limitMs, () => late.resolve(false));
  try {
    return await Promise.race([value.then(() => true), late.promise]);
  } finally {
    stop();
  }
}

/** @returns Whether the client took it. */
function sendLast(stream: SSEStreamingApi, text: string): Promise<boolean> {
  return within(stream.write(text), lastWriteMs);
}
