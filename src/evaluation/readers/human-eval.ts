import type { EvaluationTask, ProgramLanguage } from '../task.ts';
import type { GroupingField } from './group-field.ts';
import type { JsonRecord } from './json-record.ts';
import { readRecordTask } from './record-task.ts';

/** By the first part of a `task_id` (`HumanEval/0`, `JavaScript/0`), or by the field `language`. */
const languages: Readonly<Record<string, ProgramLanguage>> = {
  humaneval: 'python',
  python: 'python',
  javascript: 'javascript',
  js: 'javascript',
};

/**
 * HumanEval and its translations: `task_id`, `prompt`, `test`, and `entry_point` where the tests define a
 * function `check` that is given the candidate. The language is `language`'s, else the `task_id`'s.
 * @throws InvalidOptionError `file:line: …` for what is none; for an empty file.
 * @see Chen et al. 2021, "Evaluating Large Language Models Trained on Code", arXiv:2107.03374
 */
export function readHumanEval(text: string, file: string, groupBy?: GroupingField): EvaluationTask {
  return readRecordTask(text, file, groupBy, (record) => {
    const entryPoint = record.optionalText('entry_point') ?? null;
    const tests = record.text('test');
    return {
      id: record.text('task_id'),
      kind: 'program',
      language: readLanguage(record),
      prompt: record.text('prompt'),
      tests: entryPoint === null ? tests : `${tests}\ncheck(${entryPoint})`,
      entryPoint,
    };
  });
}

function readLanguage(record: JsonRecord): ProgramLanguage {
  const name = record.optionalText('language') ?? record.text('task_id').split('/')[0]!;
  const language = Object.entries(languages).find(([key]) => key === name.toLowerCase());
  if (language !== undefined) return language[1];
  return record.refuse(
    `the language ${JSON.stringify(name)} is not known. Expected "language" to be python or javascript.`,
  );
}
