import type { ChatMessage, ChatPrompt } from '../spec/index.ts';

/** Which of a context an answer sees. */
export type ContextAs = 'text' | 'notes' | 'both';

/** What stands before notes that stand beside their text. */
const notesTitle = 'Notes:';

/**
 * The conversation with a text at the beginning of its first message of the user, before a blank line; where there is
 * none, in one of its own behind the system messages. There every model sees it through its own template, also one whose
 * system message is another's.
 */
export function placeContext(conversation: ChatPrompt, text: string): ChatPrompt {
  const { messages } = conversation;
  const first = messages.findIndex(({ role }) => role === 'user');
  if (first !== -1) {
    const { content } = messages[first]!;
    const joined = { ...messages[first]!, content: `${text}\n\n${content}` };
    return { ...conversation, messages: messages.with(first, joined) };
  }
  const own: ChatMessage = { role: 'user', content: text };
  const after = messages.findLastIndex(({ role }) => role === 'system') + 1;
  return { ...conversation, messages: messages.toSpliced(after, 0, own) };
}

/** The part of a context that an answer is to see; the text where there are no notes. */
export function partOf(text: string, notes: string | undefined, as: ContextAs): string {
  if (notes === undefined || as === 'text') return text;
  return as === 'notes' ? notes : `${text}\n\n${notesTitle}\n${notes}`;
}
