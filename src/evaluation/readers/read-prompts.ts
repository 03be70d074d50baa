import { InvalidOptionError } from '../../spec/index.ts';
import type { TextPrompt } from '../task.ts';
import { jsonRecord } from './json-record.ts';
import { readPromptFields } from './prompt-fields.ts';
import { filledLines } from './source-text.ts';

/**
 * Prompts, one on each line that is not blank: a text, or a JSON object with `question`, `prompt` or
 * `messages`, whose other fields are ignored.
 * @param file - Its path, for messages.
 * @throws InvalidOptionError `file:line: …`; for an empty file.
 */
export function readPrompts(text: string, file: string): TextPrompt[] {
  const lines = filledLines(text);
  if (lines.length > 0) {
    return lines.map((line) =>
      line.text.trimStart().startsWith('{') ? readPromptFields(jsonRecord(line, file)) : line.text,
    );
  }
  throw new InvalidOptionError(file, `${file} is empty: write one prompt to a line.`);
}
