import type { ChatMessage } from '../../spec/index.ts';
import type { Example } from '../example.ts';
import type { TextPrompt } from '../task.ts';

/**
 * The prompt after examples. A question or a conversation gets them as earlier turns of user and
 * assistant, after its system messages; text gets them as text: question and answer with white space
 * between them, a blank line after each, as lm-evaluation-harness writes them. Without examples it is
 * the prompt itself.
 * @see Brown et al. 2020, "Language Models are Few-Shot Learners", arXiv:2005.14165
 */
export function withExamples(prompt: TextPrompt, examples: readonly Example[] = []): TextPrompt {
  if (examples.length === 0) return prompt;
  if (typeof prompt === 'object' && 'text' in prompt) {
    return { text: examples.map(toText).join('') + prompt.text };
  }
  const messages: readonly ChatMessage[] =
    typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt.messages;
  const firstTurn = messages.findIndex(({ role }) => role !== 'system');
  return {
    messages: [
      ...messages.slice(0, firstTurn),
      ...examples.flatMap(toTurns),
      ...messages.slice(firstTurn),
    ],
  };
}

function toTurns({ question, answer }: Example): ChatMessage[] {
  return [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ];
}

function toText({ question, answer }: Example): string {
  const isApart = /\s$/.test(question) || /^\s/.test(answer);
  return `${question}${isApart ? '' : ' '}${answer.trimEnd()}\n\n`;
}
