import type { InferenceService, ServiceStream } from '../../spec/index.ts';
import { Credit } from '../credit.ts';
import type { EngineAnswer, ServiceCall, ToEngine } from './protocol.ts';
import { toWireError } from '../wire-error.ts';

interface OpenRequest {
  readonly leaving: AbortController;
  readonly credit: Credit;
}

/** Answers requests that come as messages. Lives in the engine's process. */
export class EngineServer {
  readonly #service: InferenceService;
  readonly #post: (answer: EngineAnswer) => void;
  readonly #onLast: () => void;
  readonly #open = new Map<number, OpenRequest>();

  /** @param onLast - Called before the last open request is answered. */
  constructor(service: InferenceService, post: (answer: EngineAnswer) => void, onLast: () => void) {
    this.#service = service;
    this.#post = post;
    this.#onLast = onLast;
  }

  /** Takes `request`, `cancel` and `credit`. */
  handle(message: ToEngine): void {
    if (message.kind === 'request') void this.#answer(message.id, message.call);
    else if (message.kind === 'cancel') this.#open.get(message.id)?.leaving.abort();
    else if (message.kind === 'credit') this.#open.get(message.id)?.credit.give(message.chunks);
  }

  async #answer(id: number, call: ServiceCall): Promise<void> {
    const leaving = new AbortController();
    const request = { leaving, credit: new Credit(leaving.signal) };
    this.#open.set(id, request);
    try {
      if (call.method === 'stream') await this.#stream(id, call, request);
      else {
        const value = await this.#run(call, leaving.signal);
        this.#settle({ kind: 'result', id, value, isRead: false });
      }
    } catch (error) {
      this.#settle({ kind: 'error', id, error: toWireError(error) });
    } finally {
      this.#open.delete(id);
    }
  }

  #settle(answer: EngineAnswer): void {
    if (this.#open.size === 1) this.#onLast();
    this.#post(answer);
  }

  async #run(
    call: Exclude<ServiceCall, { method: 'stream' }>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const service = this.#service;
    if (call.method === 'load') return service.load(call.recipe, signal);
    if (call.method === 'unload') return service.unload(call.recipe);
    if (call.method === 'score') return service.score({ ...call.request, signal });
    if (call.method === 'tokenize') return service.tokenize(call.recipe, call.text, call.options);
    if (call.method === 'tokenizePrompt') {
      return service.tokenizePrompt(call.recipe, call.prompt, { ...call.options, signal });
    }
    return service.detokenize(call.recipe, call.tokens, call.options);
  }

  async #stream(
    id: number,
    { request }: Extract<ServiceCall, { method: 'stream' }>,
    { leaving, credit }: OpenRequest,
  ): Promise<void> {
    const stream = this.#service.stream({ ...request, signal: leaving.signal });
    const sending = this.#sendChunks(id, stream, credit);
    sending.catch(() => {}); // awaited below, if there is a reader
    try {
      const value = await stream.result;
      this.#settle({ kind: 'result', id, value, isRead: credit.wasGiven });
    } catch (error) {
      // A reader gets every chunk before the error, as in one process.
      if (credit.wasGiven) await sending;
      throw error;
    }
    if (!credit.wasGiven) return;
    await sending;
    this.#post({ kind: 'end', id });
  }

  async #sendChunks(id: number, stream: ServiceStream, credit: Credit): Promise<void> {
    await credit.wait();
    for await (const chunk of stream) {
      await credit.take();
      this.#post({ kind: 'chunk', id, chunk });
    }
  }
}
