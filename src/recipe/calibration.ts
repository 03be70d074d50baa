import { isMap, parseDocument, Scalar } from 'yaml';
import { z } from 'zod';

import { InvalidOptionError } from '../spec/index.ts';
import type { ParamDeclaration, Recipe } from './recipe.ts';

const result = z.strictObject({
  value: z.number().describe('Of the objective.'),
  from: z.number().describe('Lower end of its 95 % interval.'),
  to: z.number().describe('Upper end of its 95 % interval.'),
  items: z.int().describe('How many items it is of.'),
  content: z.string().describe('Hash of the tasks.'),
});

/** Where the defaults of params come from. It decides nothing. */
export const calibrationSchema = z
  .strictObject({
    date: z.string().describe('When it was done: year-month-day.'),
    version: z.string().describe('Of Trimtab.'),
    params: z.record(z.string(), z.number()).describe('What was chosen.'),
    schedules: z
      .record(z.string(), z.string())
      .optional()
      .describe('How params were chosen at each token, as `--schedule` says it.'),
    objective: z.string().describe('The metric it was chosen for.'),
    constraints: z
      .array(z.string())
      .readonly()
      .optional()
      .describe('What every candidate had to keep.'),
    development: result.describe('What was reached on the tasks it was chosen on.'),
    test: result.optional().describe('What was reached on tasks that were not looked at before.'),
  })
  .describe(
    'Written by trimtab calibrate: where the defaults of params come from. Decides nothing.',
  );

export type Calibration = z.output<typeof calibrationSchema>;

/**
 * The text of a recipe with calibrated params as defaults, and where they come from; comments and all
 * else stay.
 * @param text - Of a recipe that is valid. @param recipe - What it says.
 */
export function writeCalibration(
  text: string,
  { params }: Pick<Recipe, 'params'>,
  calibration: Calibration,
): string {
  const document = parseDocument(text);
  for (const [name, value] of Object.entries(calibration.params)) {
    const path = ['params', name];
    const written = document.getIn(path, true);
    if (isMap(written)) document.setIn([...path, 'default'], value);
    else if (written !== undefined) document.setIn(path, value);
    else document.setIn(path, document.createNode(declarationOf(params.get(name)!, value)));
  }
  const key = new Scalar('calibration');
  key.spaceBefore = true;
  document.delete('calibration');
  document.add(document.createPair(key, calibration));
  return document.toString({ lineWidth: 0 });
}

/** The scale of a reward, as a recipe says it. */
export interface RewardScale {
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
  /** Of attributes, whose values are then means over an answer's tokens. */
  readonly answerTokens?: number;
}

/**
 * The text of a recipe with scales of its rewards; comments and all else stay.
 * @param text - Of a recipe that has these rewards.
 * @throws InvalidOptionError for a reward that the text does not write out, but points to (`*alias`).
 */
export function writeRewardScales(
  text: string,
  scales: Readonly<Record<string, RewardScale>>,
): string {
  const document = parseDocument(text);
  for (const [name, { answerTokens, mean, deviation }] of Object.entries(scales)) {
    const reward = document.getIn(['rewards', name], true);
    if (!isMap(reward)) {
      throw new InvalidOptionError(
        `rewards.${name}`,
        `rewards.${name} is written elsewhere in the file: write it out, so that it can have a scale of its own.`,
      );
    }
    if (answerTokens !== undefined) reward.set('answerTokens', answerTokens);
    reward.set('normalization', document.createNode({ mean, deviation }, { flow: true }));
  }
  return document.toString({ lineWidth: 0 });
}

/** A param that the document leaves to its default, written down with its range. */
function declarationOf({ min, max }: ParamDeclaration, value: number): object {
  return {
    default: value,
    ...(Number.isFinite(min) && { min }),
    ...(Number.isFinite(max) && { max }),
  };
}
