// Composed steps against the bare forwards of their models, in ratios: npm run bench
// [-- --quick] leaves out the models with a vocabulary of 128,256, [-- --json] prints data.
import { parseArgs } from 'node:util';

import type { EngineSettings } from '../src/index.ts';
import { machineFacts, showProgress } from './measure.ts';
import { measureMemory } from './memory.ts';
import { embeddedFiles, largeFiles, proxyTuningRecipe, type RoleFiles } from './recipes.ts';
import { showResults, type BenchResults, type SubjectResults } from './report.ts';
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
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' } },
});

const most = Math.max(...generationCounts);
const machine = machineFacts();
const plans: Plan[] = [
  {
    name: 'embedded models, vocabulary 1,280',
    files: embeddedFiles,
    threads: 1,
    rounds: flags.quick === true ? 3 : 31,
    steps: flags.quick === true ? 16 : 100,
    prefixPrompt: 200,
  },
];
if (flags.quick !== true) {
  plans.push({
    name: 'random models of 1.2 G and 2 × 47 M parameters, Q8_0, vocabulary 128,256',
    files: await largeFiles(showProgress),
    threads: Math.min(machine.cores, 16),
    rounds: 7,
    steps: 12,
    prefixPrompt: 400,
  });
}

const subjects: SubjectResults[] = [];
for (const plan of plans) subjects.push(await measure(plan));
showProgress('');
const results: BenchResults = { machine, subjects };
console.log(flags.json === true ? JSON.stringify(results, null, 2) : showResults(results));

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
    memory: await measureMemory(task),
  };
}
