import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { InvalidOptionError } from '../../../spec/index.ts';
import { contentId } from '../../content-id.ts';
import { withoutGroups, type EvaluationTask } from '../../task.ts';

/**
 * A test set is for one choice: a second one that has seen its score is no longer tested by it.
 * @param directory - Where the calibration's results are kept: it remembers the choice.
 * @throws InvalidOptionError if the test set was scored there for another choice.
 */
export async function requireFirstTest(
  directory: string,
  params: Readonly<Record<string, number>>,
  test: readonly EvaluationTask[],
): Promise<void> {
  const file = path.join(directory, `test-${contentId(withoutGroups(test))}.json`);
  const choice = `${JSON.stringify(params)}\n`;
  try {
    await writeFile(file, choice, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const before = await readFile(file, 'utf8');
    if (before === choice) return;
    throw new InvalidOptionError(
      'test',
      `it was scored for ${before.trim()} already, and ${choice.trim()} would be a second look ` +
        'at it. Test on items that were never looked at, or go without a test.',
    );
  }
}
