// Puts a task to a system, once: a run that was stopped goes on where it was.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import {
  contentId,
  describeRun,
  evaluate,
  readExamples,
  recipeFingerprint,
  summarise,
  type Evaluation,
  type EvaluationSystem,
  type MeasuredItem,
  type SystemSummary,
} from '../../src/evaluation/index.ts';
import type { InferenceService } from '../../src/index.ts';
import type { RunProgress } from './progress.ts';
import type { Sum } from './statistics.ts';
import type { System } from './systems.ts';
import type { EvidenceTask, Metric } from './tasks.ts';

/** Tokens of an answer at most, as in training's own evaluation. */
export const maxTokens = 40;

export interface Run {
  readonly service: InferenceService;
  /** Where results are kept. */
  readonly directory: string;
  /** Of Trimtab. */
  readonly version: string;
  readonly progress: RunProgress;
}

/** What a system is asked. */
export interface Measurement {
  readonly system: System;
  readonly task: EvidenceTask;
  /** File of the tuning pairs that it may be shown. */
  readonly examples: string;
  /** For whoever waits. */
  readonly label: string;
}

/** By metric the sums of each unit, units in the order of the items. */
export type UnitScores = Readonly<Partial<Record<Metric, readonly Sum[]>>>;

export interface Outcome {
  readonly scores: UnitScores;
  /** `null` where nothing was generated. */
  readonly answers: SystemSummary['answers'];
}

export async function measure(run: Run, measurement: Measurement): Promise<Outcome> {
  const { service, directory, version, progress } = run;
  const { task, label } = measurement;
  const system = await toEvaluationSystem(measurement);
  const described = { tasks: [task.task], systems: [system], seed: 0, version };
  let before: number | undefined;
  const evaluation = await evaluate({
    ...described,
    service,
    directory: path.join(directory, `${system.recipe}-${contentId(describeRun(described))}`),
    concurrency: 1,
    maxFailures: 0,
    onProgress: ({ done }) => {
      progress.advance(label, done, before !== undefined);
      before ??= done;
    },
  });
  progress.finish(label, task.task.items.length);
  return { scores: unitScores(evaluation, task), answers: answersOf(evaluation, task) };
}

async function toEvaluationSystem({
  system: { name, recipe, params, shots },
  task,
  examples,
}: Measurement): Promise<EvaluationSystem> {
  return {
    name,
    recipe: recipe.name,
    fingerprint: await recipeFingerprint(recipe),
    only: null,
    options: { maxTokens, params, ...(task.stop && { stop: task.stop }) },
    ...(shots > 0 && { examples: readExamples(await readFile(examples, 'utf8'), examples, shots) }),
  };
}

function unitScores({ records }: Evaluation, { unitOf, score }: EvidenceTask): UnitScores {
  const units = new Map([...new Set(unitOf.values())].map((unit, i) => [unit, i]));
  const sums: Partial<Record<Metric, Sum[]>> = {};
  for (const { result } of records) {
    const unit = units.get(unitOf.get(result.item)!)!;
    // None has failed: the evaluation would have been given up.
    for (const [metric, { sum, count }] of Object.entries(score(result as MeasuredItem))) {
      const own = (sums[metric as Metric] ??= [...units].map(() => ({ sum: 0, count: 0 })));
      own[unit] = { sum: own[unit]!.sum + sum, count: own[unit]!.count + count };
    }
  }
  return sums;
}

function answersOf(evaluation: Evaluation, { task }: EvidenceTask): SystemSummary['answers'] {
  const [system] = evaluation.description.systems;
  const roles = { base: system!.name, expert: null, direct: null };
  return summarise(evaluation, [task], roles).tasks[0]!.systems[0]!.answers;
}
