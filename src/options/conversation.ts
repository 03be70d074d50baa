import { didYouMean } from '../faults/index.ts';
import {
  InvalidOptionError,
  type ChatMessage,
  type ChatPrompt,
  type Tool,
  type ToolCall,
} from '../spec/index.ts';
import { show } from './number-range.ts';

const roles: readonly string[] = [
  'system',
  'user',
  'assistant',
  'tool',
] satisfies ChatMessage['role'][];

/** OpenAI's own bound. */
export const mostTools = 128;

const functionName = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * What a conversation says: messages of the roles there are, results of calls that were made, tools of
 * different names, and an end that can be answered.
 * @throws InvalidOptionError whose option is the place, e.g. `messages[2].toolCallId`.
 */
export function checkConversation(conversation: ChatPrompt): void {
  const { messages, tools = [] } = conversation;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw refusal('messages', 'The conversation has no messages: give at least one.');
  }
  const called = new Set<string>();
  for (const [index, message] of messages.entries()) {
    checkMessage(message, `messages[${index}]`, called);
  }
  checkEnd(conversation);
  checkTools(tools);
  checkChoice(conversation);
}

function checkMessage(message: ChatMessage, at: string, called: Set<string>): void {
  const { role, content, toolCalls, toolCallId } = message;
  if (!roles.includes(role)) {
    throw refusal(
      `${at}.role`,
      `${at}.role is ${JSON.stringify(role)}; it must be one of ${roles.join(', ')}.`,
    );
  }
  if (typeof content !== 'string') {
    throw refusal(`${at}.content`, `${at}.content must be a string, not ${typeof content}.`);
  }
  if (toolCalls !== undefined) {
    if (role !== 'assistant') {
      throw refusal(
        `${at}.toolCalls`,
        `${at}.toolCalls: only the assistant calls tools, not the ${role}.`,
      );
    }
    if (!Array.isArray(toolCalls) || toolCalls.length === 0 || toolCalls.length > mostTools) {
      throw refusal(
        `${at}.toolCalls`,
        `${at}.toolCalls must be a list of 1 to ${mostTools} calls.`,
      );
    }
    for (const [index, call] of (toolCalls as ToolCall[]).entries()) {
      checkCall(call, `${at}.toolCalls[${index}]`);
      called.add(call.id);
    }
  }
  if (role === 'tool') requireCalled(toolCallId, `${at}.toolCallId`, called);
  else if (toolCallId !== undefined) {
    throw refusal(
      `${at}.toolCallId`,
      `${at}.toolCallId: only messages of the role tool answer a call.`,
    );
  }
}

function checkCall({ id, name, arguments: given }: ToolCall, at: string): void {
  if (typeof id !== 'string' || id === '' || id.length > 512) {
    throw refusal(`${at}.id`, `${at}.id must be text of 1 to 512 characters.`);
  }
  requireName(name, `${at}.name`);
  if (typeof given === 'string' && isJsonObject(given)) return;
  throw refusal(
    `${at}.arguments`,
    `${at}.arguments must be the JSON text of an object: a call that was cut off cannot be sent back.`,
  );
}

/** Nothing at all is what some clients send for no arguments. */
function isJsonObject(text: string): boolean {
  if (text.trim() === '') return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function requireCalled(id: unknown, at: string, called: ReadonlySet<string>): void {
  if (typeof id !== 'string') {
    throw refusal(at, `${at} must be the id of the call that the message answers.`);
  }
  if (called.has(id)) return;
  throw refusal(
    at,
    `${at} is ${JSON.stringify(id.slice(0, 100))}, which no message of the assistant before it has as ` +
      `the id of a call.${didYouMean(id.slice(0, 100), called)}`,
  );
}

function checkEnd({ messages, continueFinalMessage = false }: ChatPrompt): void {
  const index = messages.length - 1;
  const last = messages[index]!;
  if (typeof continueFinalMessage !== 'boolean') {
    throw refusal('continueFinalMessage', 'continueFinalMessage must be true or false.');
  }
  if (!continueFinalMessage) {
    if (last.role !== 'assistant') return;
    throw refusal(
      `messages[${index}].role`,
      `messages[${index}].role: the last message is the assistant's, and there is nothing to answer. ` +
        'Say continueFinalMessage: true to go on with it, or end with a message of the user or of a tool.',
    );
  }
  if (last.role === 'assistant' && last.toolCalls === undefined) return;
  throw refusal(
    'continueFinalMessage',
    `continueFinalMessage goes on with a last message of the assistant that calls no tool; the last is of ` +
      `the ${last.role}${last.toolCalls === undefined ? '' : ' and calls one'}.`,
  );
}

function checkTools(tools: readonly Tool[]): void {
  if (!Array.isArray(tools) || tools.length > mostTools) {
    throw refusal('tools', `tools must be a list of at most ${mostTools} functions.`);
  }
  const names = new Set<string>();
  for (const [index, { name, description, parameters, strict }] of (tools as Tool[]).entries()) {
    const at = `tools[${index}]`;
    requireName(name, `${at}.name`);
    if (names.has(name)) {
      throw refusal(`${at}.name`, `${at}.name: there are two tools named "${name}".`);
    }
    names.add(name);
    if (description !== undefined && typeof description !== 'string') {
      throw refusal(`${at}.description`, `${at}.description must be text.`);
    }
    if (strict !== undefined && typeof strict !== 'boolean') {
      throw refusal(`${at}.strict`, `${at}.strict must be true or false.`);
    }
    const isSchema = typeof parameters === 'object' || typeof parameters === 'boolean';
    if (parameters === undefined || (isSchema && parameters !== null)) continue;
    throw refusal(`${at}.parameters`, `${at}.parameters must be a JSON schema.`);
  }
}

function requireName(name: unknown, at: string): void {
  if (typeof name === 'string' && functionName.test(name)) return;
  throw refusal(at, `${at} must be 1 to 64 letters, digits, _ and -.`);
}

function checkChoice({ tools = [], toolChoice, parallelToolCalls }: ChatPrompt): void {
  if (parallelToolCalls !== undefined && typeof parallelToolCalls !== 'boolean') {
    throw refusal('parallelToolCalls', 'parallelToolCalls must be true or false.');
  }
  if (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none') return;
  const isNamed = typeof toolChoice === 'object' && typeof toolChoice?.name === 'string';
  if (!isNamed && toolChoice !== 'required') {
    throw refusal(
      'toolChoice',
      `toolChoice must be auto, none, required or {name}, not ${show(toolChoice)}.`,
    );
  }
  if (tools.length === 0) {
    throw refusal('toolChoice', 'toolChoice needs tools: there is none to call.');
  }
  const names = tools.map(({ name }) => name);
  if (!isNamed || names.includes(toolChoice.name)) return;
  throw refusal(
    'toolChoice',
    `toolChoice names ${JSON.stringify(toolChoice.name)}, which is not among the tools.` +
      didYouMean(toolChoice.name, names),
  );
}

function refusal(option: string, message: string): InvalidOptionError {
  return new InvalidOptionError(option, message);
}
