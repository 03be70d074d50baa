import { askedQuestions, contentId, readTask, type AskedQuestion } from '../../evaluation/index.ts';
import { UsageError } from '../failure.ts';
import { parseFile, readText } from '../named-file.ts';

/** Flags that say what is asked, as commander parses them. */
export interface QuestionFlags {
  readonly prompts?: string;
  readonly format?: string;
  readonly limit?: number;
}

/** The questions of a task's file, or the lines of `--prompts`. @throws UsageError */
export async function readAskedQuestions(
  task: string | undefined,
  { prompts, format, limit }: QuestionFlags,
): Promise<AskedQuestion[]> {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new UsageError(`--limit: it must be an integer of at least 1, not ${limit}.`);
  }
  if ((task === undefined) === (prompts === undefined)) {
    throw new UsageError('Give either the file of a task, or --prompts with a file of prompts.');
  }
  const questions =
    task === undefined
      ? readPrompts(await readText('--prompts', prompts!), prompts!)
      : await parseFile('task', task, (text) => askedQuestions(readTask(text, task, format)));
  return questions.slice(0, limit);
}

function readPrompts(text: string, file: string): AskedQuestion[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) {
    throw new UsageError(`--prompts: ${file} is empty: write one prompt to a line.`);
  }
  return [...new Set(lines)].map((prompt) => ({ id: contentId(prompt), prompt, references: [] }));
}
