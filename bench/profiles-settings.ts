// Strength and caution, tried on the validation people: what recipes/atlas-profiles.yaml settles.
import type { Recipe } from '../src/index.ts';
import { createBootstrap } from './bootstrap.ts';
import { createMeasure, type Outcome } from './profiles-measure.ts';
import {
  answerAlike,
  answerSteered,
  sampleAnswers,
  steeringAfter,
  type Scene,
} from './profiles-systems.ts';
import type { Judge } from './profiles-users.ts';

const strengths = [0.5, 1, 2, 3, 4, 6] as const;
const cautions = [0, 0.5, 1] as const;

/** Answers after which most users have made themselves known. */
const learnedFrom = 10;

export interface SettingRow {
  readonly strength: number;
  /** `null` for a profile that knows λ. */
  readonly caution: number | null;
  readonly outcome: Outcome;
}

/** The recipe, and the same with every strength and caution. */
export function withSettings(recipe: Recipe): Recipe[] {
  const varied = strengths.flatMap((strength) =>
    cautions.map((caution) => ({
      ...recipe,
      name: nameOf(strength, caution),
      profile: { ...recipe.profile!, strength, caution },
    })),
  );
  return [recipe, ...varied];
}

export async function compareSettings(
  scene: Scene,
  judge: Judge,
  samplesPerQuestion: number,
  onProgress: (text: string) => void,
): Promise<SettingRow[]> {
  const samples = await sampleAnswers(scene, samplesPerQuestion);
  const byDefault = await answerAlike(scene, {});
  const estimate = createBootstrap(1, scene.users.length);
  const measure = createMeasure({ ...scene, judge, samples, byDefault, estimate });
  const rows: SettingRow[] = [];
  for (const strength of strengths) {
    for (const caution of [...cautions, null]) {
      onProgress(`strength ${strength}, caution ${caution ?? 'none'}`);
      const name = nameOf(strength, caution ?? cautions[0]);
      const answers = await answerSteered(scene, (user) =>
        caution === null ? user.knowing[name]! : steeringAfter(user, learnedFrom)[name]!,
      );
      rows.push({ strength, caution, outcome: await measure.outcomeOf(answers) });
    }
  }
  return rows;
}

function nameOf(strength: number, caution: number): string {
  return `strength ${strength} caution ${caution}`;
}
