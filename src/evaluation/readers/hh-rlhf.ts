import { isDeepStrictEqual } from 'node:util';

import type { ChatMessage } from '../../spec/index.ts';
import type { EvaluationTask } from '../task.ts';
import type { GroupingField } from './group-field.ts';
import type { JsonRecord } from './json-record.ts';
import { readRecordTask } from './record-task.ts';

/**
 * HH-RLHF: `chosen` and `rejected` are two conversations (`\n\nHuman: … \n\nAssistant: …`) that differ
 * in the last answer.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 * @see Bai et al. 2022, "Training a Helpful and Harmless Assistant", arXiv:2204.05862
 */
export function readHhRlhf(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  return readRecordTask(text, file, groupBy, (record) => {
    const chosen = readConversation(record, 'chosen');
    const rejected = readConversation(record, 'rejected');
    if (!isDeepStrictEqual(chosen.messages, rejected.messages)) {
      record.refuse(
        '"chosen" and "rejected" differ before the last answer. Expected two answers to one conversation.',
      );
    }
    return {
      id: record.optionalText('id'),
      kind: 'pair',
      prompt: { messages: chosen.messages },
      chosen: chosen.answer,
      rejected: rejected.answer,
    };
  });
}

interface AnsweredConversation {
  readonly messages: readonly ChatMessage[];
  readonly answer: string;
}

function readConversation(record: JsonRecord, field: string): AnsweredConversation {
  // What stands before the first turn, then speaker and words in turn.
  const [before, ...parts] = record.text(field).split(/\n\n(Human|Assistant):/);
  const turns: ChatMessage[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const role = parts[i] === 'Human' ? 'user' : 'assistant';
    turns.push({ role, content: parts[i + 1]!.trim() });
  }
  const last = turns.pop();
  const isConversation =
    before!.trim() === '' && turns[0]?.role === 'user' && last?.role === 'assistant';
  if (isConversation && last.content !== '') return { messages: turns, answer: last.content };
  return record.refuse(
    `"${field}" is no conversation. Expected "\\n\\nHuman: …\\n\\nAssistant: …", and an answer at its end.`,
  );
}
