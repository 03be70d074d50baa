// Learns the basis of the embedded models from simulated users, and says what it is worth.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { learnBasis } from '../../src/basis/index.ts';
import { LoadedRecipe } from '../../src/index.ts';
import { formatBasis, type Basis } from '../../src/preference/index.ts';
import { modelsFolder } from '../../test/support/atlas-questions.ts';
import { heads } from '../rewards/recipe.ts';
import { experiment } from '../shared/experiment.ts';
import { onOff } from '../shared/flags.ts';
import { atlasFile, shippedRecipe } from '../shared/recipes.ts';
import { measureBasis, type BasisMeasures } from './basis-measure.ts';
import { createWorld } from './basis-world.ts';

const seed = 1;
const dimension = 4;

/** Features: of the model that knows manners, and of one that was trained to tell them. */
const models = ['small-styled', 'reward'] as const;

export default experiment({
  flags: { write: onOff('the basis of the first model replaces models/atlas-basis.json') },
  async run({ write }, print) {
    await using trimtab = await LoadedRecipe.load(await shippedRecipe('atlas-profiles'));
    const world = await createWorld(trimtab, seed);
    const data = [];
    for (const [i, model] of models.entries()) {
      const modelFile = atlasFile(model);
      const basis = await learnBasis(world.comparisons, {
        modelFile,
        dimension,
        seed,
        comparisons: `simulated users of lab/preferences/atlas-basis.ts, seed ${seed}, licence: MIT`,
      });
      if (write && i === 0) {
        await writeFile(path.join(modelsFolder, 'atlas-basis.json'), formatBasis(basis));
      }
      const measures = await measureBasis(basis, modelFile, world, seed);
      print(describe(path.basename(modelFile), basis, measures).join('\n'));
      data.push({ model, provenance: basis.provenance, measures });
    }
    return { data };
  },
});

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
