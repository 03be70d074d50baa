// Does steering while decoding keep what tuning the weights loses? npm run evidence
// Measures the models of models/evidence/ with the engine and writes docs/evidence.json, the tables of
// docs/evidence.md and docs/figures/evidence.svg. A run that was stopped goes on where it was.
// -- --check   measures everything anew and fails if a number differs from docs/evidence.json by more than rounding
// -- --world N  one world alone; -- --regime NAME  one regime; -- --limit N  of so many people and texts:
//               prints, and writes nothing
// -- --out FOLDER  to write to, and check, instead of docs/; -- --models FOLDER  instead of models/
// What is measured is kept in evaluations/evidence, or FOLDER/runs: delete it to begin anew.
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { createLocalService } from '../../src/service/index.ts';
import { differingNumbers, rounding } from './check.ts';
import { evidenceFile, toJson, writeEvidence } from './document.ts';
import { countItems, measureWorld, planWorld, type PlannedWorld } from './measure.ts';
import { createProgress } from './progress.ts';
import { showEvidence } from './report.ts';
import { summariseEvidence, type EvidenceResults } from './results.ts';
import type { Run } from './run.ts';
import { readForm, readWorldTasks } from './tasks.ts';
import { readWorlds, regimes } from './world.ts';
import { modelsFolder } from '../shared/recipes.ts';

const { values: flags } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    world: { type: 'string' },
    regime: { type: 'string' },
    limit: { type: 'string' },
    out: { type: 'string' },
    models: { type: 'string', default: modelsFolder },
  },
});

const root = path.join(import.meta.dirname, '../..');
const models = path.resolve(flags.models);
const limit = flags.limit === undefined ? Infinity : Number(flags.limit);
const isWhole = [flags.world, flags.regime, flags.limit].every((flag) => flag === undefined);
/** People, and texts, on whom strengths and tokens are studied. */
const tradeOffLimit = 25;
const folder = flags.out ?? path.join(root, 'docs');
/** Of what is measured: what it holds is not measured again. */
const runs =
  flags.out === undefined ? path.join(root, 'evaluations/evidence') : path.join(flags.out, 'runs');

await (flags.check ? checkEvidence() : reportEvidence());

async function reportEvidence(): Promise<void> {
  const results = await gather(runs);
  console.log(showEvidence(results));
  if (isWhole || flags.out !== undefined) await writeEvidence(folder, results);
}

async function checkEvidence(): Promise<void> {
  const file = evidenceFile(folder);
  const there = JSON.parse(await readFile(file, 'utf8')) as unknown;
  const directory = await mkdtemp(path.join(tmpdir(), 'trimtab-evidence-'));
  try {
    const different = differingNumbers(there, JSON.parse(toJson(await gather(directory))));
    if (different.length === 0) {
      console.log(
        `Measured anew, every number of ${file} is the same, but for ${rounding} of itself and ${rounding}.`,
      );
      return;
    }
    console.log(`Measured anew, these are not as in ${file}:\n${different.join('\n')}`);
    process.exitCode = 1;
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function gather(directory: string): Promise<EvidenceResults> {
  const form = await readForm(models);
  const asked = regimes.filter((regime) => (flags.regime ?? regime) === regime);
  if (asked.length === 0) throw new Error(`--regime: it is one of ${regimes.join(', ')}.`);
  const planned = await Promise.all(
    (await readWorlds(models, flags.world === undefined ? undefined : Number(flags.world))).map(
      async (world) => {
        const tasks = await readWorldTasks(models, world, limit);
        const fewer = await readWorldTasks(models, world, Math.min(limit, tradeOffLimit));
        return planWorld(world, { tasks, fewer }, asked);
      },
    ),
  );
  const items = planned.reduce((sum, world) => sum + countItems(world), 0);
  await using service = await createLocalService({ recipes: recipesOf(planned) });
  const progress = createProgress(items, () => performance.now());
  const run: Run = { service, directory, version: readVersion(), progress };
  const outcomes = [];
  for (const world of planned) outcomes.push(await measureWorld(run, world, form));
  return summariseEvidence(outcomes);
}

/** Each once: bases are the same in all regimes. */
function recipesOf(planned: readonly PlannedWorld[]) {
  const recipes = planned.flatMap(({ systems }) =>
    [...systems.values()].flatMap((own) => own.map(({ recipe }) => recipe)),
  );
  return [...new Map(recipes.map((recipe) => [recipe.name, recipe])).values()];
}

function readVersion(): string {
  const manifest = readFileSync(path.join(root, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
