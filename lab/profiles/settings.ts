// Strength and caution, tried on the validation people: what recipes/atlas-profiles.yaml settles.
import type { Recipe } from '../../src/index.ts';
import { estimateOver } from '../shared/estimate.ts';
import { showProgress } from '../shared/progress.ts';
import { experiment } from '../shared/experiment.ts';
import { tableOf } from '../shared/table.ts';
import { createMeasure, type Outcome } from './measure.ts';
import { outcomeColumns, overDefault } from './report.ts';
import { openStage, sceneFlags } from './scene.ts';
import { answerAlike, answerSteered, sampleAnswers, steeringAfter, type Scene } from './systems.ts';
import type { Judge } from './users.ts';

const strengths = [1, 2, 3, 5] as const;
const cautions = [0, 0.5, 1] as const;

/** Answers that profiles have learned from: few, and as many as are usual. */
const answerCounts = [3, 10] as const;

const profilesThatLearned = answerCounts.flatMap((answers) =>
  cautions.map((caution) => ({ caution, answers })),
);

interface SettingRow {
  readonly strength: number;
  /** `null` for a profile that knows λ, and has no answers. */
  readonly learned: { readonly caution: number; readonly answers: number } | null;
  readonly outcome: Outcome;
}

export default experiment({
  flags: sceneFlags,
  async run(flags, print) {
    await using stage = await openStage(flags);
    // Other users than those that results are about.
    const recipes = withSettings(stage.recipe);
    const scene = await stage.scene(recipes, await stage.questions('validation'), 1000);
    const rows = await compareSettings(scene, stage.judge, stage.extent.samples);
    print(showSettings(rows));
    return { data: rows };
  },
});

/** The recipe, and the same with every strength and caution. */
function withSettings(recipe: Recipe): Recipe[] {
  const varied = strengths.flatMap((strength) =>
    cautions.map((caution) => ({
      ...recipe,
      name: nameOf(strength, caution),
      profile: { ...recipe.profile!, strength, caution },
    })),
  );
  return [recipe, ...varied];
}

async function compareSettings(
  scene: Scene,
  judge: Judge,
  samplesPerQuestion: number,
): Promise<SettingRow[]> {
  const samples = await sampleAnswers(scene, samplesPerQuestion);
  const byDefault = await answerAlike(scene, {});
  const estimate = estimateOver(1, scene.users.length);
  const measure = createMeasure({ ...scene, judge, samples, byDefault, estimate });
  const rows: SettingRow[] = [];
  for (const strength of strengths) {
    for (const learned of [...profilesThatLearned, null]) {
      showProgress(`strength ${strength}, caution ${learned?.caution ?? 'none'}`);
      const name = nameOf(strength, learned?.caution ?? 0);
      const answers = await answerSteered(scene, (user) =>
        learned === null ? user.knowing[name]! : steeringAfter(user, learned.answers)[name]!,
      );
      rows.push({ strength, learned, outcome: await measure.outcomeOf(answers) });
    }
  }
  return rows;
}

function nameOf(strength: number, caution: number): string {
  return `strength ${strength} caution ${caution}`;
}

function showSettings(rows: readonly SettingRow[]): string {
  return tableOf(
    rows.map(({ outcome, ...row }) => ({ ...row, ...outcome })),
    {
      strength: ({ strength }) => String(strength),
      caution: ({ learned }) => (learned === null ? '' : String(learned.caution)),
      answers: ({ learned }) => (learned === null ? 'knows λ' : String(learned.answers)),
      ...overDefault,
      ...outcomeColumns,
    },
  );
}
