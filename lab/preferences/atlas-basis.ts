// Learns the basis of the embedded models from simulated users, and says what it is worth:
//   npx tsx lab/preferences/atlas-basis.ts [--write]
// With --write the basis of the first model replaces models/atlas-basis.json.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { learnBasis } from '../../src/basis/index.ts';
import { loadRecipe, LoadedRecipe } from '../../src/index.ts';
import { formatBasis, type Basis } from '../../src/preference/index.ts';
import { createWorld } from './basis-world.ts';
import { measureBasis, type BasisMeasures } from './basis-measure.ts';
import { modelsFolder } from '../shared/recipes.ts';
import { heads } from '../rewards/recipe.ts';

const seed = 1;
const dimension = 4;

/** Features: of the model that knows manners, and of one that was trained to tell them. */
const models = ['atlas-small-styled.gguf', 'atlas-reward.gguf'] as const;

const recipe = await loadRecipe(path.join(modelsFolder, '../../recipes/atlas-profiles.yaml'));
await using trimtab = await LoadedRecipe.load(recipe);
const world = await createWorld(trimtab, seed);

const rows: string[] = [];
for (const [i, model] of models.entries()) {
  const modelFile = path.join(modelsFolder, model);
  const basis = await learnBasis(world.comparisons, {
    modelFile,
    dimension,
    seed,
    comparisons: `simulated users of lab/preferences/atlas-basis.ts, seed ${seed}, licence: MIT`,
  });
  if (i === 0 && process.argv.includes('--write')) {
    await writeFile(path.join(modelsFolder, 'atlas-basis.json'), formatBasis(basis));
  }
  rows.push(...describe(model, basis, await measureBasis(basis, modelFile, world, seed)));
}
console.log(rows.join('\n'));

function describe(model: string, { names, provenance }: Basis, measures: BasisMeasures): string[] {
  const { users, pairs, answers, heldOut } = provenance;
  const percent = (share: number | null) => `${(100 * share!).toFixed(1)} %`;
  const { determination, correlations, heldOutOracle, recovery } = measures;
  return [
    `## ${model}`,
    `learned from ${users} users, ${pairs} pairs, ${answers} answers`,
    `of ${heldOut.answers} answers about other pairs: learned ${percent(heldOut.accuracy)}, ` +
      `mean user ${percent(heldOut.accuracyOfMean)}; knowing λ and the attributes ${percent(heldOutOracle)}`,
    `R² of each attribute from φ, new answers: ${Object.entries(determination)
      .map(([name, value]) => `${name} ${value.toFixed(2)}`)
      .join(', ')}`,
    ...names.map(
      (name, d) =>
        `correlation of ${name}: ${heads
          .map((attribute, k) => `${attribute} ${correlations[d]![k]!.toFixed(2)}`)
          .join(', ')}`,
    ),
    ...recovery.map(
      ({ questions, learned, byHeads, byRules, known }) =>
        `new users after ${questions} questions: learned φ ${percent(learned)}, the four heads ${percent(byHeads)}, ` +
        `the attributes themselves ${percent(byRules)}; knowing λ ${percent(known)}`,
    ),
    '',
  ];
}
