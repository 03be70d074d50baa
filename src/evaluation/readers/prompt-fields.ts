import type { ChatMessage } from '../../spec/index.ts';
import type { TextPrompt } from '../task.ts';
import type { JsonRecord } from './json-record.ts';

/** Fields of a record of which one says what is asked. */
export const promptFields = ['question', 'prompt', 'messages'] as const;

/** A question, or a conversation whose last turn is the user's. */
export function readPromptFields(record: JsonRecord): TextPrompt {
  const field = record.oneOf(promptFields);
  return field === 'messages' ? { messages: readTurns(record, 'user') } : record.text(field);
}

const roles: readonly ChatMessage['role'][] = ['system', 'user', 'assistant'];

/** A record's `messages`, whose last is a turn of `end`, after another. */
export function readTurns(record: JsonRecord, end: 'user' | 'assistant'): ChatMessage[] {
  const messages = record.records('messages').map((message) => {
    const name = message.text('role');
    const role =
      roles.find((candidate) => candidate === name) ??
      message.refuse(`the role ${JSON.stringify(name)} is none of ${roles.join(', ')}.`);
    return { role, content: message.text('content') };
  });
  const last = messages.at(-1)!.role;
  if (last !== end) {
    return record.refuse(`"messages" ends with a turn of the ${last}. Expected one of the ${end}.`);
  }
  if (end === 'assistant' && messages.length === 1) {
    return record.refuse('"messages" has an answer alone. Expected what it answers before it.');
  }
  return messages;
}
