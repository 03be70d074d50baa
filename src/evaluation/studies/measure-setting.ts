import path from 'node:path';

import { contentId } from '../content-id.ts';
import { evaluate, type EvaluateOptions, type Evaluation } from '../run/evaluate.ts';
import type { EvaluationSystem } from '../run/system.ts';
import type { SweepSetting } from './setting.ts';

/** What is set, and what it is measured on. */
export interface SettingMeasurements extends Omit<EvaluateOptions, 'systems'> {
  readonly system: Pick<EvaluationSystem, 'recipe' | 'fingerprint' | 'options'>;
}

/**
 * Evaluates a recipe in one setting, in a folder of its own below the directory: a setting that was
 * measured before is not measured again, whatever others are measured beside it.
 * @throws What `evaluate` throws.
 */
export function measureSetting(
  { name, options }: SweepSetting,
  { system, directory, ...run }: SettingMeasurements,
): Promise<Evaluation> {
  const params = { ...system.options.params, ...options.params };
  const schedules = { ...system.options.schedules, ...options.schedules };
  return evaluate({
    ...run,
    systems: [
      {
        ...system,
        name,
        only: null,
        options: {
          ...system.options,
          ...options,
          params,
          ...(Object.keys(schedules).length > 0 && { schedules }),
        },
      },
    ],
    directory: path.join(directory, folderOf(name)),
  });
}

/** The name, as far as it can be one of a folder: every file system takes it. */
function folderOf(name: string): string {
  const plain = name.replaceAll(', ', ',').replaceAll(/[^\w=.,-]/g, '_');
  return plain.length <= longestFolder ? plain : contentId(name);
}

const longestFolder = 100;
