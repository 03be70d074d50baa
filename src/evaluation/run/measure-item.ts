import { EmptySupportError } from '../../spec/index.ts';
import type { EvaluationItem } from '../task.ts';
import { measureAnswer } from './measure-answer.ts';
import {
  measureChoice,
  measureCloze,
  measureGivenAnswer,
  measurePair,
  measureText,
} from './measure-likelihood.ts';
import { measureProgram } from './measure-program.ts';
import type { Measurement, MeasureOptions } from './measurement.ts';

type Measure<Item> = (item: Item, options: MeasureOptions) => Promise<Measurement>;

type Kind = EvaluationItem['kind'];

const measures: { readonly [K in Kind]: Measure<Extract<EvaluationItem, { readonly kind: K }>> } = {
  generate: measureAnswer,
  program: measureProgram,
  choice: measureChoice,
  cloze: measureCloze,
  pair: measurePair,
  text: measureText,
  answer: measureGivenAnswer,
};

/**
 * Puts an item to a system.
 * @throws What the service throws; EmptySupportError for a score that is not finite; the signal's reason.
 */
export async function measureItem(
  item: EvaluationItem,
  options: MeasureOptions,
): Promise<Measurement> {
  const measure = measures[item.kind] as Measure<EvaluationItem>;
  const measurement = await measure(item, options);
  for (const [metric, value] of Object.entries(measurement.result.scores)) {
    if (Number.isFinite(value)) continue;
    throw new EmptySupportError(
      `${metric} is ${value}: ${options.system.name} can never write the text. ` +
        'A formula with a plausibility bound bans tokens: score without one.',
    );
  }
  return measurement;
}
