// A graphics processor against the CPU on the same files: the same log-probs, and how much faster. For a machine
// that has one; elsewhere both columns are the CPU's, which is said.
import path from 'node:path';

import { isGpu, loadLlamaLibrary, loadModel, type LlamaModel } from '../../src/llama/index.ts';
import { LoadedRecipe, resolveRecipe, type Recipe } from '../../src/index.ts';
import { engineDefaults, type ModelContext, type TokenId } from '../../src/spec/index.ts';
import { experiment, type Print } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { median } from '../shared/numbers.ts';
import { showProgress } from '../shared/progress.ts';
import { realModelFiles } from '../../test/support/real-models.ts';
import { atlasFile, embeddedFiles, type RoleFiles } from '../shared/recipes.ts';
import { showTable } from '../shared/table.ts';

const places = { cpu: 0, gpu: -1 } as const;
type Place = keyof typeof places;

const promptTokens = 384; // and all that is decoded after it fit the embedded models' 512
const comparedTokens = 32;

interface Measured {
  /** Log-probs of each of the compared positions, `[comparedTokens][vocabSize]`. */
  readonly rows: readonly Float64Array[];
  readonly promptPerSecond: number;
  /** Of one sequence, and of four together. */
  readonly one: number;
  readonly four: number;
}

export default experiment({
  flags: {
    files: text(
      'FILES',
      'model files with commas between them: the embedded large one, and those in TRIMTAB_REAL_MODELS, by default',
    ),
    trio: text(
      'FILES',
      'base, expert and its twin, with commas: composed steps; embedded by default',
    ),
    tokens: number('decoded for each figure', 32),
  },
  async run({ files, trio, tokens }, print) {
    const devices = loadLlamaLibrary().devices();
    for (const { name, description, kind } of devices) print(`${kind}: ${name}, ${description}`);
    const hasGpu = devices.some(isGpu);
    if (!hasGpu) print('There is no graphics processor: what follows is the CPU against itself.');
    const data = [];
    for (const file of files?.split(',') ?? [atlasFile('large'), ...realModelFiles()]) {
      data.push(await compareFile(file, tokens));
    }
    print('');
    print(
      showTable([
        ['file', 'nats apart', 'same first choice', 'prompt ×', 'one ×', 'four ×', 'one, tokens/s'],
        ...data.map((row) => [
          row.file,
          row.natsApart.toPrecision(2),
          `${row.sameChoices} of ${comparedTokens}`,
          ...[row.promptRatio, row.oneRatio, row.fourRatio].map((ratio) => ratio.toFixed(2)),
          row.onePerSecond.toFixed(1),
        ]),
      ]),
    );
    const roles = toRoles(trio);
    const composed = await compareComposed(roles, tokens, print);
    return { data: { devices, files: data, composed } };
  },
});

async function compareFile(file: string, tokens: number) {
  const measured = {} as Record<Place, Measured>;
  for (const [place, gpuLayers] of Object.entries(places) as [Place, number][]) {
    showProgress(`${path.basename(file)}: ${place}`);
    using model = await loadModel(file, { gpuLayers });
    measured[place] = await measureModel(model, tokens);
  }
  const { cpu, gpu } = measured;
  const apart = cpu.rows.map((row, i) =>
    row.reduce((most, value, id) => Math.max(most, Math.abs(value - gpu.rows[i]![id]!)), 0),
  );
  const same = cpu.rows.filter((row, i) => bestOf(row) === bestOf(gpu.rows[i]!)).length;
  return {
    file: path.basename(file),
    natsApart: Math.max(...apart),
    sameChoices: same,
    promptRatio: gpu.promptPerSecond / cpu.promptPerSecond,
    oneRatio: gpu.one / cpu.one,
    fourRatio: gpu.four / cpu.four,
    onePerSecond: gpu.one,
  };
}

async function measureModel(model: LlamaModel, tokens: number): Promise<Measured> {
  using context = await model.createContext({
    ...engineDefaults,
    contextLength: 512,
    maxSequences: 4,
    maxRows: comparedTokens,
    threads: 1 + Number(model.weightBytes > 2 ** 24),
  });
  const { size } = model.vocabulary;
  const prompt = Array.from({ length: promptTokens }, (_, i) => (i * 37 + 11) % size);
  const sequence = context.createSequence();
  // The first pass reads the file and, on a GPU, compiles what it runs.
  await context.extend([{ sequence, tokens: prompt, rows: 'last' }]);
  sequence.truncate(0);
  const began = performance.now();
  await context.extend([{ sequence, tokens: prompt, rows: 'last' }]);
  const promptPerSecond = (promptTokens / (performance.now() - began)) * 1000;
  const compared = prompt.slice(0, comparedTokens);
  const [extended] = await context.extend([{ sequence, tokens: compared, rows: 'all' }]);
  const logprobs = extended!.rows.map(logSoftmax);
  const one = await stepsPerSecond(context, [sequence], tokens);
  const others = Array.from({ length: 3 }, () => context.createSequence());
  const four = await stepsPerSecond(context, [sequence, ...others], tokens);
  return { rows: logprobs, promptPerSecond, one, four };
}

/** Tokens per second of all sequences together. */
async function stepsPerSecond(
  context: ModelContext,
  sequences: readonly ReturnType<ModelContext['createSequence']>[],
  steps: number,
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const token: TokenId = (i * 17 + 5) % context.model.vocabulary.size;
    const began = performance.now();
    await context.extend(
      sequences.map((sequence) => ({ sequence, tokens: [token], rows: 'last' as const })),
    );
    times.push(performance.now() - began);
  }
  return (sequences.length / median(times)) * 1000;
}

/** Proxy-tuning: on a GPU the models of a step run beside each other. */
async function compareComposed(files: RoleFiles, tokens: number, print: Print) {
  const speeds = {} as Record<Place, number>;
  for (const [place, gpuLayers] of Object.entries(places) as [Place, number][]) {
    await using loaded = await LoadedRecipe.load(recipeOf(files, gpuLayers));
    const options = { temperature: 0, maxTokens: tokens, minTokens: tokens };
    await loaded.generate('One', options);
    const { timings, usage } = await loaded.generate('Two', options);
    speeds[place] = ((usage.completionTokens - 1) / timings.decodeMs) * 1000;
  }
  print('');
  print(
    `proxy-tuning, tokens/s: ${speeds.gpu.toFixed(1)} with all layers on the GPU, ` +
      `${speeds.cpu.toFixed(1)} on the CPU (× ${(speeds.gpu / speeds.cpu).toFixed(2)})`,
  );
  return speeds;
}

function recipeOf(files: RoleFiles, gpuLayers: number): Recipe {
  const model = (file: string) => ({
    file: path.resolve(file),
    prompt: 'raw' as const,
    ...(gpuLayers === 0 && { gpuLayers }),
  });
  return resolveRecipe(
    {
      name: 'gpu',
      models: {
        base: model(files.base),
        expert: model(files.expert),
        antiExpert: model(files.antiExpert),
      },
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      engine: { contextLength: 512, maxSequences: 1 },
      speculation: 'off',
    },
    { directory: process.cwd() },
  );
}

function toRoles(trio: string | undefined): RoleFiles {
  if (trio === undefined) return embeddedFiles;
  const [base, expert, antiExpert] = trio.split(',');
  if (base === undefined || expert === undefined || antiExpert === undefined) {
    throw new Error('--trio needs three files: base, expert, twin.');
  }
  return { base, expert, antiExpert };
}

function logSoftmax(row: Float32Array): Float64Array {
  const max = row.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const logZ = max + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - max), 0));
  return Float64Array.from(row, (logit) => logit - logZ);
}

function bestOf(row: Float64Array): number {
  return row.reduce((best, value, id) => (value > row[best]! ? id : best), 0);
}
