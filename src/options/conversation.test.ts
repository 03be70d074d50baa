import { describe, expect, it } from 'vitest';

import { InvalidOptionError, type ChatPrompt } from '../spec/index.ts';
import { checkConversation } from './index.ts';

const user = { role: 'user', content: 'a' } as const;
const call = { id: 'c1', name: 'f', arguments: '{"a": 1}' };
const calling = { role: 'assistant', content: '', toolCalls: [call] } as const;
const result = { role: 'tool', content: 'r', toolCallId: 'c1' } as const;
const tool = { name: 'f', parameters: {} };

function refusal(conversation: unknown): [option: string, message: string] {
  try {
    checkConversation(conversation as ChatPrompt);
  } catch (error) {
    if (error instanceof InvalidOptionError) return [error.option, error.message];
    throw error;
  }
  return ['', ''];
}

describe('a conversation', () => {
  it.each<[string, unknown]>([
    ['a question', { messages: [user] }],
    ['a call and its result', { messages: [user, calling, result] }],
    [
      'a call without arguments',
      { messages: [user, { ...calling, toolCalls: [{ ...call, arguments: '' }] }, result] },
    ],
    ['several results', { messages: [user, calling, result, result, user] }],
    [
      'a message to go on with',
      { messages: [user, { role: 'assistant', content: 'b' }], continueFinalMessage: true },
    ],
    [
      'tools',
      { messages: [user], tools: [tool], toolChoice: { name: 'f' }, parallelToolCalls: false },
    ],
    ['no tools', { messages: [user], tools: [], toolChoice: 'auto' }],
  ])('may be %s', (_, conversation) => {
    expect(refusal(conversation)).toEqual(['', '']);
  });

  it.each<[unknown, string, RegExp]>([
    [{ messages: [] }, 'messages', /at least one/],
    [
      { messages: [{ role: 'bot', content: 'a' }] },
      'messages[0].role',
      /"bot"; it must be one of system, user, assistant, tool/,
    ],
    [{ messages: [{ role: 'user', content: null }] }, 'messages[0].content', /must be a string/],
    [
      { messages: [user, result] },
      'messages[1].toolCallId',
      /"c1", which no message of the assistant before it/,
    ],
    [
      { messages: [user, calling, { ...result, toolCallId: 'c2' }] },
      'messages[2].toolCallId',
      /Did you mean `c1`/,
    ],
    [{ messages: [user, result, calling] }, 'messages[1].toolCallId', /before it/],
    [
      { messages: [user, calling, { role: 'tool', content: 'r' }] },
      'messages[2].toolCallId',
      /must be the id/,
    ],
    [
      { messages: [{ ...user, toolCallId: 'c1' }] },
      'messages[0].toolCallId',
      /only messages of the role tool/,
    ],
    [
      { messages: [{ ...user, toolCalls: [call] }] },
      'messages[0].toolCalls',
      /only the assistant calls/,
    ],
    [{ messages: [{ ...calling, toolCalls: [] }] }, 'messages[0].toolCalls', /1 to 128/],
    [
      { messages: [{ ...calling, toolCalls: [{ ...call, id: '' }] }] },
      'messages[0].toolCalls[0].id',
      /1 to 512/,
    ],
    [
      { messages: [{ ...calling, toolCalls: [{ ...call, name: 'a b' }] }] },
      'messages[0].toolCalls[0].name',
      /letters/,
    ],
    [
      { messages: [{ ...calling, toolCalls: [{ ...call, arguments: '{"a' }] }] },
      'messages[0].toolCalls[0].arguments',
      /cut off/,
    ],
    [
      { messages: [{ ...calling, toolCalls: [{ ...call, arguments: '[]' }] }] },
      'messages[0].toolCalls[0].arguments',
      /JSON text of an object/,
    ],
    [
      { messages: [user, { role: 'assistant', content: 'b' }] },
      'messages[1].role',
      /continueFinalMessage: true to go on/,
    ],
    [{ messages: [user, calling] }, 'messages[1].role', /nothing to answer/],
    [
      { messages: [user], continueFinalMessage: true },
      'continueFinalMessage',
      /the last is of the user\./,
    ],
    [
      { messages: [user, calling], continueFinalMessage: true },
      'continueFinalMessage',
      /calls one/,
    ],
    [{ messages: [user], continueFinalMessage: 1 }, 'continueFinalMessage', /true or false/],
    [{ messages: [user], tools: [tool, tool] }, 'tools[1].name', /two tools named "f"/],
    [
      { messages: [user], tools: [{ name: 'f', parameters: 1 }] },
      'tools[0].parameters',
      /JSON schema/,
    ],
    [{ messages: [user], tools: Array.from({ length: 129 }, () => tool) }, 'tools', /at most 128/],
    [{ messages: [user], toolChoice: 'required' }, 'toolChoice', /needs tools/],
    [{ messages: [user], tools: [tool], toolChoice: 'any' }, 'toolChoice', /auto, none, required/],
    [
      { messages: [user], tools: [{ name: 'weather' }], toolChoice: { name: 'wether' } },
      'toolChoice',
      /Did you mean `weather`/,
    ],
    [
      { messages: [user], tools: [tool], parallelToolCalls: 1 },
      'parallelToolCalls',
      /true or false/,
    ],
  ])('is refused: %j', (conversation, option, message) => {
    expect(refusal(conversation)).toEqual([option, expect.stringMatching(message)]);
  });
});
