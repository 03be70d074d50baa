import { drawSeed } from '../math/index.ts';
import type { Recipe } from '../recipe/index.ts';
import type { InferenceService } from '../spec/index.ts';
import type { ProfileStore } from '../store/index.ts';
import type { Profiles } from './profiles.ts';
import { StoredProfiles } from './stored-profiles.ts';

export interface ProfilesOptions {
  /** Answers the questions' prompts. Not disposed of. */
  readonly service: InferenceService;
  /** Keeps the users. Not disposed of. */
  readonly store: ProfileStore;
  /** Those that the service serves, under the same names. */
  readonly recipes: readonly Recipe[];
  /**
   * Begin to prepare questions when a profile is made or looked at, so that nobody waits for the first
   * one; `true` by default. Else the first question does.
   */
  readonly preparesAhead?: boolean;
  /** Of the questions and of which answer comes first; drawn at random by default. */
  readonly seed?: number;
}

/**
 * What users like, learned from their answers:
 *
 * ```ts
 * await using profiles = createProfiles({ service, store, recipes });
 * await profiles.create('ann', { id: 'home', recipe: 'atlas-profiles' });
 * const question = await profiles.question('ann', 'home');
 * if (question.kind === 'ask') {
 *   await profiles.answer('ann', 'home', { question: question.id, outcome: 'first' });
 * }
 * const options = withSteering({ maxTokens: 100 }, await profiles.steering('ann', 'home'));
 * ```
 */
export function createProfiles(options: ProfilesOptions): Profiles {
  const { preparesAhead = true, seed = drawSeed() } = options;
  return new StoredProfiles({ ...options, preparesAhead, seed });
}
