import type { EvaluationItem, TextPrompt } from './task.ts';

/** A question with its answer, shown to a system before it is asked: in-context learning. */
export interface Example {
  /** What is asked: a question, or the beginning of a text or a program. */
  readonly question: string;
  readonly answer: string;
}

/** What an item asks, as one text; `null` for a conversation of several turns, and for plain text. */
export function questionOf(item: EvaluationItem): string | null {
  if (item.kind === 'text') return null;
  if (item.kind === 'cloze') return item.text;
  return questionIn(item.prompt);
}

/** A prompt as one text; `null` for a conversation of several turns. */
export function questionIn(prompt: TextPrompt): string | null {
  if (typeof prompt === 'string') return prompt;
  if ('text' in prompt) return prompt.text;
  return prompt.messages.length === 1 ? prompt.messages[0]!.content : null;
}
