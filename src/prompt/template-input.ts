import type { ChatMessage, ChatPrompt, Tool, ToolCall } from '../spec/index.ts';
import { parseArguments } from './parse-arguments.ts';
import { createHash } from 'node:crypto';

/** A message as Hugging Face's templates read it. */
export interface TemplateMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly TemplateCall[];
  readonly tool_call_id?: string;
  /** Of a tool: the function's. */
  readonly name?: string;
}

export interface TemplateCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: unknown };
}

export interface TemplateTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters: unknown;
  };
}

/** What a template is given of a conversation. */
export interface TemplateInput {
  readonly messages: readonly TemplateMessage[];
  readonly tools: readonly TemplateTool[] | null;
}

/** How a template takes calls: see `ToolSupport`. */
export interface CallStyle {
  readonly arguments: 'object' | 'text';
  /** Whether the content beside calls may be `null`, as OpenAI has it. */
  readonly nullContent: boolean;
  /** Characters of an id, which must be letters and digits; `null` takes any. */
  readonly idLength: number | null;
}

const plainStyle: CallStyle = { arguments: 'object', nullContent: true, idLength: null };

/** OpenAI's meaning of a function without parameters. */
const noParameters = { type: 'object', properties: {} } as const;

/** A conversation in Hugging Face's convention. */
export function toTemplateInput(
  { messages, tools }: Pick<ChatPrompt, 'messages' | 'tools'>,
  style: CallStyle = plainStyle,
): TemplateInput {
  const names = new Map<string, string>();
  const toMessage = (message: ChatMessage): TemplateMessage => {
    const { role, content, toolCalls, toolCallId } = message;
    if (toolCalls !== undefined) {
      for (const { id, name } of toolCalls) names.set(id, name);
      const calls = toolCalls.map((call) => toTemplateCall(call, style));
      const said = content === '' && style.nullContent ? null : content;
      return { role, content: said, tool_calls: calls };
    }
    if (toolCallId === undefined) return { role, content };
    const name = names.get(toolCallId);
    return { role, content, tool_call_id: toId(toolCallId, style), ...(name && { name }) };
  };
  return {
    messages: messages.map(toMessage),
    tools: tools === undefined || tools.length === 0 ? null : tools.map(toTemplateTool),
  };
}

function toTemplateCall({ id, name, arguments: text }: ToolCall, style: CallStyle): TemplateCall {
  const given = text.trim() === '' ? '{}' : text;
  const value = style.arguments === 'text' ? given : parseArguments(given);
  return { id: toId(id, style), type: 'function', function: { name, arguments: value } };
}

/** An id of the length that a template wants: another one's digest. */
function toId(id: string, { idLength }: CallStyle): string {
  if (idLength === null || (id.length === idLength && /^[A-Za-z0-9]*$/.test(id))) return id;
  return createHash('sha256').update(id).digest('hex').slice(0, idLength);
}

function toTemplateTool({ name, description, parameters }: Tool): TemplateTool {
  const said = description === undefined ? {} : { description };
  return {
    type: 'function',
    function: { name, ...said, parameters: parameters ?? noParameters },
  };
}

/** Characters of all that a conversation says. */
export function charactersOf({ messages, tools }: TemplateInput): number {
  const calls = messages.flatMap(({ tool_calls: each }) => each ?? []);
  const structured = [...calls, ...(tools ?? [])].reduce(
    (sum, each) => sum + lengthOfData(each),
    0,
  );
  return structured + messages.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
}

function lengthOfData(data: unknown): number {
  if (typeof data === 'string') return data.length;
  if (typeof data !== 'object' || data === null) return 1;
  return Object.entries(data).reduce(
    (sum, [key, value]) => sum + key.length + lengthOfData(value),
    0,
  );
}
