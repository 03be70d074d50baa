import { readFile } from 'node:fs/promises';

import {
  bootstrapMean,
  contentId,
  mean,
  natsPerByte,
  type RecipeStudy,
} from '../evaluation/index.ts';
import { replaceFile } from '../files/index.ts';
import { writeCalibration } from '../recipe/index.ts';
import { readJson, type PairFolder } from './pair-folder.ts';
import { mostAlpha } from './pair-recipe.ts';
import type { OnPairProgress } from './progress.ts';
import { strengthCurve, type StrengthCurve } from './strength-curve.ts';
import type { TunedAdapter } from './tune-adapter.ts';
import { TuningError } from './tuning-error.ts';
import type { TuningExample } from './tuning-examples.ts';

/** Strengths that are tried: each costs arithmetic alone. */
const step = 0.1;
const alphas = Array.from({ length: Math.round(mostAlpha / step) + 1 }, (_, i) =>
  Number((i * step).toFixed(2)),
);

export interface CalibratePairOptions {
  readonly study: RecipeStudy;
  readonly folder: PairFolder;
  readonly development: readonly TuningExample[];
  readonly tuned: TunedAdapter;
  /** Alpha of the composition that it was tuned inside of; `null`: the expert was tuned alone. */
  readonly strength: number | null;
  /** Year-month-day. */
  readonly today: string;
  readonly onProgress: OnPairProgress;
}

/** The strength of a pair, and where it comes from. Written as `calibration.json`. */
export interface PairCalibration {
  readonly alpha: number;
  /** What `tuned.development` is in llama.cpp. */
  readonly checked: number;
  /** Mean nats a byte of the development set's answers, by strength; 0 is the base. */
  readonly curve: readonly { readonly alpha: number; readonly natsPerByte: number }[];
}

/**
 * Chooses the strength by how likely the development set's answers are, and writes it into the recipe. The same pass
 * tells whether the adapter does in llama.cpp what it did in PyTorch.
 * @throws TuningError if it does not: names, layouts or scales would be wrong.
 */
export async function calibratePair({
  study: { service, recipe, version, seed, signal },
  folder,
  development,
  tuned,
  strength,
  today,
  onProgress,
}: CalibratePairOptions): Promise<PairCalibration> {
  const before = await readJson<PairCalibration>(folder.calibration);
  if (before !== null) return before;
  const tried = strength === null ? alphas : [...alphas, strength];
  const curve = await strengthCurve({
    service,
    recipe: recipe.name,
    examples: development,
    alphas: tried,
    signal,
    onProgress,
  });
  const checked = strength === null ? curve.expert : curve.natsPerToken.at(-1)!;
  requireSame(checked, tuned, development.length);
  const { alpha, natsPerByte: best } = bestPoint(curve);
  const groups = development.map(({ conversation }) => conversation.group);
  const isGrouped = groups.every((group) => group !== undefined);
  const { estimate, from, to } = bootstrapMean(best, { seed, ...(isGrouped && { groups }) });
  const text = await readFile(folder.recipe, 'utf8');
  const calibration = {
    date: today,
    version,
    params: { alpha },
    objective: natsPerByte,
    development: {
      value: short(estimate),
      from: short(from),
      to: short(to),
      items: development.length,
      content: contentId(development.map(({ conversation }) => conversation)),
    },
  };
  await replaceFile(folder.recipe, writeCalibration(text, recipe, calibration));
  const found: PairCalibration = {
    alpha,
    checked,
    curve: curve.points.map((point) => ({
      alpha: point.alpha,
      natsPerByte: short(mean(point.natsPerByte)),
    })),
  };
  await replaceFile(folder.calibration, `${JSON.stringify(found, null, 2)}\n`);
  return found;
}

/** Of equals the weaker. */
function bestPoint({ points }: StrengthCurve): StrengthCurve['points'][number] {
  return points.reduce((best, point) => {
    const gain = mean(best.natsPerByte) - mean(point.natsPerByte);
    return gain > 0 || (gain === 0 && point.alpha < best.alpha) ? point : best;
  });
}

/** Nats a token by which llama.cpp, which rounds activations of quantised weights, may differ from PyTorch. */
const tolerance = (loss: number): number => 0.05 + 0.05 * loss;

function requireSame(checked: number, { development, untuned }: TunedAdapter, count: number): void {
  if (Math.abs(checked - development) <= tolerance(development)) return;
  throw new TuningError(
    `The adapter does not do in llama.cpp what it did in PyTorch: on ${count} held-out conversations ` +
      `${checked.toFixed(3)} nats a token, and ${development.toFixed(3)} there (${untuned.toFixed(3)} before it was ` +
      "tuned). The model's architecture may be laid out otherwise in GGUF: report it with the name of the model.",
  );
}

/** Four digits say all that there is. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
