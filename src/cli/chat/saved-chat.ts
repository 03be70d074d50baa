import * as z from 'zod';

import { replaceFile } from '../../files/index.ts';
import { UsageError } from '../failure.ts';
import { parseFile, requireNew, requireWritable } from '../named-file.ts';
import type { Conversation, Exchange } from './conversation.ts';

/** A conversation of a file. */
export interface SavedChat {
  readonly system: string | undefined;
  readonly exchanges: readonly Exchange[];
}

const message = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });
/** Messages as the API takes them: by themselves, or those of a request. */
const file = z.union([z.array(message), z.object({ messages: z.array(message) })]);

/**
 * Writes a conversation as the messages of a request, which other programs read, too.
 * @throws UsageError where the file is there already, or cannot be written.
 */
export async function saveChat(name: string, { messages }: Conversation): Promise<void> {
  await requireNew('/save', name);
  await requireWritable('/save', name);
  await replaceFile(name, `${JSON.stringify({ messages }, null, 2)}\n`);
}

/** @throws UsageError where the file cannot be read, or holds no conversation. */
export function readChat(name: string): Promise<SavedChat> {
  return parseFile('/load', name, (text) => {
    const found = file.safeParse(toJson(name, text));
    if (!found.success) throw noChat(name, z.prettifyError(found.error));
    const messages = Array.isArray(found.data) ? found.data : found.data.messages;
    const [first, ...others] = messages;
    const isTold = first?.role === 'system';
    return {
      system: isTold ? first.content : undefined,
      exchanges: toExchanges(name, isTold ? others : messages),
    };
  });
}

function toExchanges(name: string, messages: readonly z.infer<typeof message>[]): Exchange[] {
  const exchanges: Exchange[] = [];
  for (let i = 0; i < messages.length; i += 2) {
    const [question, answer] = [messages[i], messages[i + 1]];
    if (question?.role !== 'user' || answer?.role !== 'assistant') {
      throw noChat(name, 'behind its system message are not pairs of a question and an answer');
    }
    exchanges.push({ question: question.content, answer: answer.content });
  }
  return exchanges;
}

function toJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw noChat(name, (cause as Error).message);
  }
}

function noChat(name: string, why: string): UsageError {
  return new UsageError(
    `/load: ${name} holds no conversation: ${why}. It is JSON with messages of a role and a content, as /save writes it.`,
  );
}
