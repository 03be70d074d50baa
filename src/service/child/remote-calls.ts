import { InvalidOptionError, type GenerationResult } from '../../spec/index.ts';
import type { ChunkInbox } from '../chunk-inbox.ts';
import type { EngineAnswer, ServiceCall, ToEngine } from './protocol.ts';
import { fromWireError } from '../wire-error.ts';
import { onAbort } from '../../waiting/index.ts';

interface OpenCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly inbox: ChunkInbox | undefined;
  readonly close: () => void;
}

/** A call that was sent. */
export interface SentCall {
  readonly result: Promise<unknown>;
  /** Allows so many chunks more. */
  giveCredit(chunks: number): void;
  /** Ends the call on both sides; what is not settled rejects with `reason`. */
  cancel(reason: unknown): void;
}

/** The calls that one engine's process was asked and has not answered. */
export class RemoteCalls {
  readonly #send: (message: ToEngine) => void;
  readonly #open = new Map<number, OpenCall>();
  #lastId = 0;

  constructor(send: (message: ToEngine) => void) {
    this.#send = send;
  }

  /** @throws InvalidOptionError for options that cannot be sent, e.g. a function. */
  start(call: ServiceCall, signal: AbortSignal | undefined, inbox?: ChunkInbox): SentCall {
    signal?.throwIfAborted();
    const id = ++this.#lastId;
    this.#sendCall(id, call);
    const cancel = (reason: unknown): void => {
      if (!this.#open.has(id)) return;
      this.#send({ kind: 'cancel', id });
      this.#fail(id, reason);
    };
    const close = onAbort(signal, cancel);
    const result = new Promise<unknown>((resolve, reject) => {
      this.#open.set(id, { resolve, reject, inbox, close });
    });
    return {
      result,
      giveCredit: (chunks) => {
        if (this.#open.has(id)) this.#send({ kind: 'credit', id, chunks });
      },
      cancel,
    };
  }

  /** Takes an answer; one to a call that is no longer open is dropped. */
  handle(answer: EngineAnswer): void {
    const call = this.#open.get(answer.id);
    if (call === undefined) return;
    if (answer.kind === 'chunk') call.inbox?.push(answer.chunk);
    else if (answer.kind === 'error') this.#fail(answer.id, fromWireError(answer.error));
    else if (answer.kind === 'end') this.#close(answer.id, call);
    else {
      call.resolve(answer.value);
      if (answer.isRead) return;
      if (call.inbox !== undefined) pushWhole(call.inbox, answer.value as GenerationResult);
      this.#close(answer.id, call);
    }
  }

  #sendCall(id: number, call: ServiceCall): void {
    try {
      this.#send({ kind: 'request', id, call });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new InvalidOptionError('options', `The request is not data: ${why}`, { cause });
    }
  }

  /** Rejects whatever is open. */
  failAll(error: unknown): void {
    for (const id of this.#open.keys()) this.#fail(id, error);
  }

  #fail(id: number, error: unknown): void {
    const call = this.#open.get(id)!;
    this.#open.delete(id);
    call.close();
    call.reject(error);
    call.inbox?.fail(error);
  }

  #close(id: number, call: OpenCall): void {
    this.#open.delete(id);
    call.close();
    call.inbox?.close();
  }
}

/** Whoever begins to read after the end gets the answer in one piece. */
function pushWhole(inbox: ChunkInbox, { text, tokens }: GenerationResult): void {
  if (text !== '' || tokens.length > 0) inbox.push({ text, tokens });
}
