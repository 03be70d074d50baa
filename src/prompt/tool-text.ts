import type { ChatMessage, ChatPrompt, Tool, ToolCall } from '../spec/index.ts';
import { callSpellings } from '../calls/index.ts';
import type { ToolSupport } from './tool-support.ts';

/** What a model without a template shows: nothing of tools. */
export const noToolSupport: ToolSupport = {
  tools: false,
  calls: null,
  results: false,
  system: true,
  form: 'hermes',
};

/**
 * A conversation of which a template shows everything: the tools that it does not show are described in the
 * system message, calls are part of what the assistant says, and results are said by the user.
 */
export function withToolText(
  { messages, tools, ...others }: ChatPrompt,
  support: ToolSupport,
): ChatPrompt {
  const isNew = (tools?.length ?? 0) > 0 && !support.tools;
  const told = inTurns(messages, support);
  return {
    ...others,
    messages: isNew ? withDescription(told, describeTools(tools!, support), support) : told,
    ...(!isNew && { tools }),
  };
}

function inTurns(messages: readonly ChatMessage[], support: ToolSupport): ChatMessage[] {
  const told: ChatMessage[] = [];
  let isResult = false;
  for (const message of messages) {
    const { role, content, toolCalls } = message;
    const wasResult = isResult;
    isResult = role === 'tool' && !support.results;
    if (isResult) {
      const text = `<tool_response>\n${content}\n</tool_response>`;
      const before = wasResult ? `${told.pop()!.content}\n` : '';
      told.push({ role: 'user', content: before + text });
    } else if (toolCalls !== undefined && support.calls === null) {
      const said = content === '' ? [] : [content];
      told.push({ role, content: [...said, spellCalls(toolCalls, support)].join('\n') });
    } else told.push(message);
  }
  return told;
}

function spellCalls(calls: readonly ToolCall[], { form }: ToolSupport): string {
  const { open, between, close, beforeName, afterName, end } = callSpellings[form];
  const spelled = calls.map(
    ({ name, arguments: given }) => `${beforeName}${name}${afterName}${given.trim() || '{}'}${end}`,
  );
  return open + spelled.join(between) + close;
}

/** In few words, as the contexts of models without such a template may be short. */
function describeTools(tools: readonly Tool[], { form }: ToolSupport): string {
  const { open, close, beforeName, afterName, end } = callSpellings[form];
  return [
    'You may call these functions:\n<tools>',
    ...tools.map((tool) => JSON.stringify({ ...tool, strict: undefined })),
    '</tools>\nWrite a call like this:',
    `${open}${beforeName}NAME${afterName}{…}${end}${close}`,
  ].join('\n');
}

/** At the end of the system message, or of a new one; in the first of the user where a template has none. */
function withDescription(
  messages: readonly ChatMessage[],
  description: string,
  { system }: ToolSupport,
): ChatMessage[] {
  const at = system ? 0 : messages.findIndex(({ role }) => role === 'user');
  const place = messages[at];
  if (system && place?.role !== 'system') {
    return [{ role: 'system', content: description }, ...messages];
  }
  if (place === undefined) return [{ role: 'user', content: description }, ...messages];
  const parts = system ? [place.content, description] : [description, place.content];
  const said = parts.filter((part) => part !== '').join('\n\n');
  return messages.map((message, i) => (i === at ? { ...message, content: said } : message));
}
