import { drawSeed } from '../math/index.ts';
import { profileLimits } from './limits.ts';
import type { Profiles, ProfilesOptions } from './profiles.ts';
import { StoredProfiles } from './stored-profiles.ts';

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
  const limits = { ...profileLimits, ...options.limits };
  return new StoredProfiles({ ...options, preparesAhead, seed, limits });
}
