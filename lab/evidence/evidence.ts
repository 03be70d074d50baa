// Does steering while decoding keep what tuning the weights loses? Measures the models of models/evidence/
// with the engine and writes docs/evidence.json, the tables of docs/evidence.md and docs/figures/evidence.svg.
// A run that was stopped goes on where it was: what is measured is kept, until it is deleted, in
// evaluations/evidence, or FOLDER/runs.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import manifest from '../../package.json' with { type: 'json' };
import { createLocalService } from '../../src/service/index.ts';
import { modelsFolder, readForm } from '../../test/support/atlas-questions.ts';
import { experiment, type Findings, type Print } from '../shared/experiment.ts';
import { number, onOff, text, type FlagValues } from '../shared/flags.ts';
import { docsFolder } from '../shared/recipes.ts';
import { differingNumbers, rounding } from './check.ts';
import { evidenceFile, toJson, writeEvidence } from './document.ts';
import { countItems, measureWorld, planWorld, type PlannedWorld } from './measure.ts';
import { createProgress } from './progress.ts';
import { showEvidence } from './report.ts';
import { summariseEvidence, type EvidenceResults } from './results.ts';
import type { Run } from './run.ts';
import { readWorldTasks } from './tasks.ts';
import { readWorlds, regimes } from './world.ts';

const flags = {
  check: onOff(
    'measures everything anew and fails if a number differs from docs/evidence.json by more than rounding',
  ),
  world: number('one world alone'),
  regime: text('NAME', 'one regime alone'),
  limit: number('of so many people and texts: prints, and writes nothing'),
  out: text('FOLDER', 'to write to, and check, instead of docs/'),
  models: text('FOLDER', 'instead of models/', modelsFolder),
};
type EvidenceFlags = FlagValues<typeof flags>;

/** People, and texts, on whom strengths and tokens are studied. */
const tradeOffLimit = 25;

export default experiment({
  flags,
  run: (given, print) => (given.check ? checkEvidence(given, print) : reportEvidence(given, print)),
});

async function reportEvidence(given: EvidenceFlags, print: Print): Promise<Findings> {
  const { world, regime, limit, out } = given;
  const runs =
    out === undefined ? path.join(docsFolder, '../evaluations/evidence') : path.join(out, 'runs');
  const results = await gather(given, runs);
  print(showEvidence(results));
  const isWhole = [world, regime, limit].every((flag) => flag === undefined);
  if (isWhole || out !== undefined) await writeEvidence(out ?? docsFolder, results);
  return { data: results };
}

async function checkEvidence(given: EvidenceFlags, print: Print): Promise<Findings> {
  const file = evidenceFile(given.out ?? docsFolder);
  const there = JSON.parse(await readFile(file, 'utf8')) as unknown;
  const directory = await mkdtemp(path.join(tmpdir(), 'trimtab-evidence-'));
  try {
    const different = differingNumbers(there, JSON.parse(toJson(await gather(given, directory))));
    const failed = different.length > 0;
    print(
      failed
        ? `Measured anew, these are not as in ${file}:\n${different.join('\n')}`
        : `Measured anew, every number of ${file} is the same, but for ${rounding} of itself and ${rounding}.`,
    );
    return { data: different, failed };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function gather(
  { models, world: only, regime: wanted, limit = Infinity }: EvidenceFlags,
  directory: string,
): Promise<EvidenceResults> {
  const form = await readForm(models);
  const asked = regimes.filter((regime) => (wanted ?? regime) === regime);
  if (asked.length === 0) throw new Error(`--regime: it is one of ${regimes.join(', ')}.`);
  const planned = await Promise.all(
    (await readWorlds(models, only)).map(async (world) => {
      const tasks = await readWorldTasks(models, world, limit);
      const fewer = await readWorldTasks(models, world, Math.min(limit, tradeOffLimit));
      return planWorld(world, { tasks, fewer }, asked);
    }),
  );
  const items = planned.reduce((sum, world) => sum + countItems(world), 0);
  await using service = await createLocalService({ recipes: recipesOf(planned) });
  const progress = createProgress(items, () => performance.now());
  const run: Run = { service, directory, version: manifest.version, progress };
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
