import { setImmediate } from 'node:timers/promises';
import {
  ContextLengthError,
  DisposedError,
  InvalidOptionError,
  TemplateError,
} from '../spec/index.ts';
import { JinjaError, parseJinja, startRendering } from './jinja/index.ts';
import type { JinjaTemplate } from './jinja/index.ts';
import { charactersOf, type TemplateInput, type TemplateMessage } from './template-input.ts';
import { timeFields } from './time-fields.ts';

interface ChatRendererOptions {
  /** Of one rendering: nodes evaluated, items gone through, and 16 characters read, are a step each. */
  readonly stepLimit?: number;
  /** Of all that one rendering creates and reads, in MiB. */
  readonly memoryLimitMb?: number;
  /** Of the rendered text, in UTF-16 units. */
  readonly maxOutputLength?: number;
}

/** Published templates take 10 to 100 steps for a message, and next to no memory. */
const chatRendererDefaults: Required<ChatRendererOptions> = {
  stepLimit: 2_000_000,
  memoryLimitMb: 64,
  maxOutputLength: 4 * 2 ** 20,
};

interface RenderChatOptions {
  /** Jinja, as in a GGUF's `tokenizer.chat_template`. */
  readonly template: string;
  readonly messages: readonly TemplateMessage[];
  readonly tools?: TemplateInput['tools'];
  /** End with what introduces an answer: true by default. */
  readonly addGenerationPrompt?: boolean;
  /** End with the last message's content, and nothing behind it: false by default. */
  readonly continueFinalMessage?: boolean;
  /** The spelling of BOS, for templates that write it themselves; empty by default. */
  readonly bosToken?: string;
  readonly eosToken?: string;
  /** What `strftime_now` takes for now: the time of the call by default. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** Renders chat templates in slices, so that no conversation holds up what else its thread does. */
export interface ChatRenderer extends AsyncDisposable {
  /**
   * The conversation as the prompt that the model was trained on.
   * @throws TemplateError when the template does not parse, refuses the messages, or exceeds its
   *   limits; ContextLengthError when the messages do; the next call works. DisposedError after disposal;
   *   the signal's reason.
   */
  render(options: RenderChatOptions): Promise<string>;
}

/** Steps between two looks at what else there is to do: a few milliseconds. */
const sliceSteps = 5000;

/** Of templates that were parsed: more than a recipe has models. */
const keptTemplates = 16;

/**
 * Creates a renderer.
 * @throws InvalidOptionError for a limit that is not positive.
 */
export function createChatRenderer(options: ChatRendererOptions = {}): ChatRenderer {
  const { stepLimit, memoryLimitMb, maxOutputLength } = checked({
    ...chatRendererDefaults,
    ...options,
  });
  const limits = { steps: stepLimit, bytes: memoryLimitMb * 2 ** 20, length: maxOutputLength };
  const parse = createParser();
  const disposed = new AbortController();
  return {
    async render({ signal, now = new Date(), ...chat }) {
      const goOn = (): void => {
        disposed.signal.throwIfAborted();
        signal?.throwIfAborted();
      };
      goOn();
      const given = charactersOf({ messages: chat.messages, tools: chat.tools ?? null });
      if (given > maxOutputLength) throw tooMuchText(given, maxOutputLength);
      try {
        const rendering = startRendering(parse(chat.template), {
          variables: toVariables(chat),
          timeFields: () => timeFields(now),
          limits,
        });
        for (;;) {
          const text = rendering.advance(sliceSteps);
          if (text !== undefined) return chat.continueFinalMessage === true ? upToEnd(text) : text;
          await setImmediate();
          goOn();
        }
      } catch (error) {
        if (!(error instanceof JinjaError)) throw error;
        if (isTooMuch(error) && given > maxOutputLength / 4)
          throw tooMuchText(given, maxOutputLength);
        throw toTemplateError(error);
      }
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new DisposedError('The chat renderer was disposed of: create another.'));
    },
  };
}

function checked(limits: Required<ChatRendererOptions>): Required<ChatRendererOptions> {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new InvalidOptionError(name, `${name} is ${value}, but must be a positive number.`);
    }
  }
  return limits;
}

/** Parses, and keeps the latest templates. */
function createParser(): (source: string) => JinjaTemplate {
  const parsed = new Map<string, JinjaTemplate>();
  return (source) => {
    const template = parsed.get(source) ?? parseJinja(source);
    parsed.delete(source);
    parsed.set(source, template);
    if (parsed.size > keptTemplates) parsed.delete(parsed.keys().next().value!);
    return template;
  };
}

/** Half of a UTF-16 pair, which goes through a template like any character: where the last message ends. */
const endMark = '\uDC01';

function toVariables(chat: Omit<RenderChatOptions, 'signal' | 'now'>): Record<string, unknown> {
  const { messages, continueFinalMessage: isContinued = false } = chat;
  return {
    messages: messages.map((message, i) =>
      isContinued && i === messages.length - 1 ? withEndMark(message) : toPlain(message),
    ),
    add_generation_prompt: isContinued ? false : (chat.addGenerationPrompt ?? true),
    bos_token: chat.bosToken ?? '',
    eos_token: chat.eosToken ?? '',
    // As the reference renderer, transformers' apply_chat_template, gives when there are none.
    tools: chat.tools ?? null,
    documents: null,
  };
}

function withEndMark(message: TemplateMessage): Record<string, unknown> {
  return { ...toPlain(message), content: (message.content ?? '') + endMark };
}

/** Without what a message has for others than templates. */
function toPlain({ role, content, ...more }: TemplateMessage): Record<string, unknown> {
  const { tool_calls, tool_call_id, name } = more;
  const given = Object.entries({ tool_calls, tool_call_id, name });
  const present = given.filter(([, value]) => value !== undefined);
  return { role, content, ...Object.fromEntries(present) };
}

/** @throws TemplateError */
function upToEnd(text: string): string {
  const end = text.lastIndexOf(endMark);
  if (end >= 0) return text.slice(0, end);
  throw new TemplateError(
    `The chat template does not write the last message's content as it is, so it cannot be gone on with. ${remedy}`,
  );
}

/** Whether a template had too much to do, which it has with messages that are long themselves. */
function isTooMuch({ fault }: JinjaError): boolean {
  return fault === 'steps' || fault === 'memory' || fault === 'length';
}

function tooMuchText(given: number, most: number): ContextLengthError {
  return new ContextLengthError(
    `The messages have ${given} characters, and a whole prompt may have ${most}: shorten them.`,
  );
}

/** What to do where a template does not serve. */
const remedy = 'Give another `template`, or use `prompt: raw`.';

function toTemplateError(error: JinjaError): TemplateError {
  const { fault, message, line } = error;
  const where = line === undefined ? '' : ` in line ${line}`;
  const what = {
    syntax: `does not parse${where}: ${message.slice(0, 500)}.`,
    failed: `failed${where}: ${message.slice(0, 500)}.`,
    raised: `refuses these messages${where}: “${message.slice(0, 500)}” Change the messages.`,
    steps: `was ended${where}: ${message}.`,
    memory: `was ended${where}: ${message}.`,
    length: `was ended${where}: ${message}.`,
  }[fault];
  return new TemplateError(`The chat template ${what.replace(/\.\.$/, '.')} ${remedy}`, {
    cause: error,
  });
}
