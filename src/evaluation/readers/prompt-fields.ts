import type { ChatMessage } from '../../spec/index.ts';
import type { TextPrompt } from '../task.ts';
import type { JsonRecord } from './json-record.ts';

/** Fields of a record of which one says what is asked. */
export const promptFields = ['question', 'prompt', 'messages'] as const;

/** A question, or a conversation whose last turn is the user's. */
export function readPromptFields(record: JsonRecord): TextPrompt {
  const field = record.oneOf(promptFields);
  return field === 'messages' ? { messages: readMessages(record) } : record.text(field);
}

const roles: readonly ChatMessage['role'][] = ['system', 'user', 'assistant'];

function readMessages(record: JsonRecord): ChatMessage[] {
  const messages = record.records('messages').map((message) => {
    const name = message.text('role');
    const role =
      roles.find((candidate) => candidate === name) ??
      message.refuse(`the role ${JSON.stringify(name)} is none of ${roles.join(', ')}.`);
    return { role, content: message.text('content') };
  });
  const last = messages.at(-1)!.role;
  if (last === 'user') return messages;
  return record.refuse(`"messages" ends with a turn of the ${last}. Expected one of the user.`);
}
