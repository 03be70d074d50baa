// Composed steps against the bare forwards of their models, in ratios.
import type { EngineSettings } from '../../src/index.ts';
import type { Print } from '../shared/experiment.ts';
import { showProgress } from '../shared/progress.ts';
import { largeFiles } from '../shared/random-files.ts';
import { embeddedFiles, proxyTuningRecipe, type RoleFiles } from '../shared/recipes.ts';
import { measureMemory } from './memory.ts';
import { showSubject, type SubjectResults } from './report.ts';
import { measureServing } from './serving.ts';
import { countWork, generationCounts, measurePrefix, measureSteps, type Counts } from './steps.ts';
import { loadSubject } from './subject.ts';

interface Plan {
  readonly name: string;
  readonly files: RoleFiles;
  readonly threads: number;
  readonly rounds: number;
  readonly steps: number;
  readonly prefixPrompt: number;
}

const most = Math.max(...generationCounts);

function embedded(isQuick: boolean): Plan {
  return {
    name: 'embedded models, vocabulary 1,280',
    files: embeddedFiles,
    threads: 1,
    rounds: isQuick ? 2 : 21,
    steps: isQuick ? 8 : 50,
    prefixPrompt: 200,
  };
}

async function large(threads: number): Promise<Plan> {
  return {
    name: 'random models of 1.2 G and 2 × 47 M parameters, Q8_0, vocabulary 128,256',
    files: await largeFiles(),
    threads,
    rounds: 9,
    steps: 6,
    prefixPrompt: 72,
  };
}

/** @param threads - Of the large models, which `isQuick` leaves out. */
export async function measureStepCosts(
  isQuick: boolean,
  threads: number,
  print: Print,
): Promise<SubjectResults[]> {
  const plans = [embedded(isQuick)];
  if (!isQuick) plans.push(await large(threads));
  const subjects: SubjectResults[] = [];
  for (const plan of plans) {
    const results = await measure(plan);
    print(showSubject(results));
    subjects.push(results);
  }
  return subjects;
}

async function measure(plan: Plan): Promise<SubjectResults> {
  const { name, files, threads, rounds, steps, prefixPrompt } = plan;
  const engine: EngineSettings = { contextLength: 512, threads, maxSequences: 2 * most };
  const recipe = proxyTuningRecipe('bench', files, engine);
  await using subject = await loadSubject({ recipe, most, promptTokens: 24, steps });
  const stepResults = await measureSteps(subject, rounds, name);
  const prefixTokens = { prompt: prefixPrompt, new: 8 };
  const prefix = await measurePrefix(subject, prefixTokens, rounds);
  const counts: Counts[] = [];
  for (const count of generationCounts) counts.push(await countWork(subject, count, 20));
  const serving = await measureServing(subject, recipe, {
    generations: most,
    tokens: steps,
    rounds: Math.min(rounds, 9),
  });
  showProgress(`${name}: memory`);
  const task = { files, engine: { ...engine, maxSequences: 4 }, generations: 4, tokens: 8 };
  return {
    name,
    rounds,
    steps,
    threads: subject.contexts.map(() => threads),
    ...stepResults,
    prefix,
    prefixTokens,
    counts,
    serving,
    memory: await measureMemory(task),
  };
}
