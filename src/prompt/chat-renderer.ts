import { setMaxListeners } from 'node:events';
import { DisposedError, InvalidOptionError } from '../spec/index.ts';
import type { ChatMessage } from '../spec/index.ts';
import { RenderProcess } from './render-process.ts';
import { timeFields } from './time-fields.ts';

export interface ChatRendererOptions {
  /** Of one rendering. */
  readonly timeLimitMs?: number;
  /** Of the renderer's heap, in MiB. */
  readonly memoryLimitMb?: number;
  /** Of the rendered text, in UTF-16 units. */
  readonly maxOutputLength?: number;
}

/** Templates of published models take about a millisecond and next to no memory. */
export const chatRendererDefaults: Required<ChatRendererOptions> = {
  timeLimitMs: 2000,
  memoryLimitMb: 64,
  maxOutputLength: 4 * 2 ** 20,
};

export interface RenderChatOptions {
  /** Jinja, as in a GGUF's `tokenizer.chat_template`. */
  readonly template: string;
  readonly messages: readonly ChatMessage[];
  /** End with what introduces an answer: true by default. */
  readonly addGenerationPrompt?: boolean;
  /** The spelling of BOS, for templates that write it themselves; empty by default. */
  readonly bosToken?: string;
  readonly eosToken?: string;
  /** What `strftime_now` takes for now: the time of the call by default. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** Renders chat templates in a process of its own, one after the other. */
export interface ChatRenderer extends AsyncDisposable {
  /**
   * The conversation as the prompt that the model was trained on.
   * @throws TemplateError when the template does not parse, refuses the messages, or exceeds its
   *   limits; the next call works. DisposedError after disposal.
   */
  render(options: RenderChatOptions): Promise<string>;
}

/**
 * Creates a renderer. Its process starts with the first rendering and does not keep ours alive.
 * @throws InvalidOptionError for a limit that is not positive.
 */
export function createChatRenderer(options: ChatRendererOptions = {}): ChatRenderer {
  const limits = { ...chatRendererDefaults, ...options };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new InvalidOptionError(name, `${name} is ${value}, but must be a positive number.`);
    }
  }
  const renderer = new RenderProcess(limits);
  const disposed = new AbortController();
  // Every waiting rendering listens to it.
  setMaxListeners(0, disposed.signal);
  let last: Promise<unknown> = Promise.resolve();
  return {
    async render({ signal, ...chat }) {
      const ended =
        signal === undefined ? disposed.signal : AbortSignal.any([disposed.signal, signal]);
      const request = toRequest(chat);
      const turn = last.then(() => {
        ended.throwIfAborted();
        return renderer.render(request);
      });
      // The queue goes on whatever became of this turn.
      last = turn.catch(() => {});
      return rejectOnAbort(turn, ended);
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new DisposedError('The chat renderer was disposed of: create another.'));
      renderer.stop();
    },
  };
}

/** Renders one conversation in a process that is ended afterwards. @throws TemplateError */
export async function renderChat(
  options: RenderChatOptions & ChatRendererOptions,
): Promise<string> {
  const { timeLimitMs, memoryLimitMb, maxOutputLength, ...chat } = options;
  const limits = { timeLimitMs, memoryLimitMb, maxOutputLength };
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  await using renderer = createChatRenderer(Object.fromEntries(given));
  return await renderer.render(chat);
}

function toRequest(chat: Omit<RenderChatOptions, 'signal'>) {
  return {
    template: chat.template,
    variables: {
      messages: chat.messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: chat.addGenerationPrompt ?? true,
      bos_token: chat.bosToken ?? '',
      eos_token: chat.eosToken ?? '',
      // As the reference renderer, transformers' apply_chat_template, gives when there are none.
      tools: null,
      documents: null,
    },
    timeFields: timeFields(chat.now ?? new Date()),
  };
}

/** Settles as `turn`, or rejects with the signal's reason; `turn` itself runs on within its limits. */
function rejectOnAbort<T>(turn: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void turn.then(resolve, reject).then(() => signal.removeEventListener('abort', onAbort));
  });
}
