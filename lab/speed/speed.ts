// Composed steps against the bare forwards of their models, in ratios: npm run bench
// -- --quick   leaves out the models with a vocabulary of 128,256
// -- --threads the large models' threads: all cores by default, fewer where others use them
// -- --json    prints data
import { parseArgs } from 'node:util';

import type { EngineSettings } from '../../src/index.ts';
import { machineFacts, showProgress } from '../shared/measure.ts';
import { measureMemory } from './memory.ts';
import { embeddedFiles, largeFiles, proxyTuningRecipe, type RoleFiles } from '../shared/recipes.ts';
import { showMachine, showSubject, type BenchResults, type SubjectResults } from './report.ts';
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

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const most = Math.max(...generationCounts);
const machine = machineFacts();
const plans: Plan[] = [
  {
    name: 'embedded models, vocabulary 1,280',
    files: embeddedFiles,
    threads: 1,
    rounds: flags.quick ? 2 : 21,
    steps: flags.quick ? 8 : 50,
    prefixPrompt: 200,
  },
];
if (!flags.quick) {
  plans.push({
    name: 'random models of 1.2 G and 2 × 47 M parameters, Q8_0, vocabulary 128,256',
    files: await largeFiles(showProgress),
    threads: Number(flags.threads ?? Math.min(machine.cores, 16)),
    rounds: 9,
    steps: 6,
    prefixPrompt: 72,
  });
}

if (!flags.json) console.log(showMachine(machine));
const subjects: SubjectResults[] = [];
for (const plan of plans) {
  subjects.push(await measure(plan));
  showProgress('');
  if (!flags.json) console.log(showSubject(subjects.at(-1)!));
}
if (flags.json) console.log(JSON.stringify({ machine, subjects } satisfies BenchResults, null, 2));

async function measure(plan: Plan): Promise<SubjectResults> {
  const { name, files, threads, rounds, steps, prefixPrompt } = plan;
  const engine: EngineSettings = { contextLength: 512, threads, maxSequences: 2 * most };
  const recipe = proxyTuningRecipe('bench', files, engine);
  const onRound = (done: number, of: number) => showProgress(`${name}: round ${done} of ${of}`);
  await using subject = await loadSubject({ recipe, most, promptTokens: 24, steps });
  const stepResults = await measureSteps(subject, { rounds, onRound });
  const prefixTokens = { prompt: prefixPrompt, new: 8 };
  const prefix = await measurePrefix(subject, {
    promptTokens: prefixTokens.prompt,
    newTokens: prefixTokens.new,
    rounds,
  });
  const counts: Counts[] = [];
  for (const count of generationCounts) counts.push(await countWork(subject, count, 20));
  showProgress(`${name}: serving`);
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
