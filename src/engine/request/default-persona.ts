import { TemplateError, type ChatMessage } from '../../spec/index.ts';

type Render = (messages: readonly ChatMessage[]) => Promise<string>;

/** How a template begins a conversation without a system message, and how it would without saying more. */
export interface PersonaOpening {
  readonly written: string;
  readonly bare: string;
}

const question: ChatMessage = { role: 'user', content: 'trimtab-question' };
const first: ChatMessage = { role: 'system', content: 'trimtab-first' };
const second: ChatMessage = { role: 'system', content: 'trimtab-second' };

/**
 * Finds what a template says in the place of a system message ("You are a helpful assistant.") where a
 * conversation has none; `null` if that is nothing. Without it there is no system turn, or, where a template does
 * not show where its turns begin, an empty one. What it always writes, such as a date, stays.
 * @param render - Through the template. @throws What `render` throws of a question alone.
 */
export async function findPersona(render: Render): Promise<PersonaOpening | null> {
  const plain = await render([question]);
  const asked = await renderIf(render, [first, question]);
  const at = asked?.indexOf(first.content) ?? -1;
  if (asked === null || at === -1) return null;
  const head = asked.slice(0, at);
  const tail = asked.slice(at + first.content.length);
  const length = plain.length - head.length - tail.length;
  if (length <= 0 || !plain.startsWith(head) || !plain.endsWith(tail)) return null;
  const persona = plain.slice(head.length, head.length + length);
  const empty = { written: head + persona, bare: head };
  const twice = await renderIf(render, [first, second, question]);
  const between =
    twice === null ? null : within(twice, head + first.content, second.content + tail);
  if (between === null) return empty;
  const opening = commonEnd(head, between);
  const closing = between.slice(0, between.length - opening.length);
  if (!tail.startsWith(closing)) return empty;
  return {
    written: head + persona + closing,
    bare: head.slice(0, head.length - opening.length),
  };
}

/** `null` where the template refuses the messages. */
async function renderIf(render: Render, messages: readonly ChatMessage[]): Promise<string | null> {
  try {
    return await render(messages);
  } catch (error) {
    if (error instanceof TemplateError) return null;
    throw error;
  }
}

/** What stands between a beginning and an end. */
function within(text: string, begin: string, end: string): string | null {
  const fits = text.startsWith(begin) && text.endsWith(end);
  const length = text.length - begin.length - end.length;
  return fits && length >= 0 ? text.slice(begin.length, begin.length + length) : null;
}

/** The longest text that both end with. */
function commonEnd(a: string, b: string): string {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-length - 1) === b.at(-length - 1)) length++;
  return a.slice(a.length - length);
}
