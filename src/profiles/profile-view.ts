import { steeringWeights, summarizePreferences, type Posterior } from '../preference/index.ts';
import type { ProfileDeclaration } from '../recipe/index.ts';
import type { ProfileRecord } from '../store/index.ts';
import type { AttributeView, ProfileEntry } from './profiles.ts';

export function toEntry(
  { id, name, answersCount, createdAt, updatedAt }: ProfileRecord,
  recipes: readonly string[],
): ProfileEntry {
  return { id, name, recipes, answers: answersCount, createdAt, updatedAt };
}

/** What is known of a user, in the words of a recipe. */
export function describeUser(
  profile: ProfileDeclaration,
  posterior: Posterior,
  overrides: ProfileRecord['overrides'],
): { readonly attributes: readonly AttributeView[]; readonly text: string } {
  const { attributes } = profile;
  const phrases = attributes.map(({ high, low }) => ({
    name: high,
    positive: high,
    negative: low,
  }));
  const summary = summarizePreferences(posterior, phrases);
  const weights = decidedWeights(profile, posterior, overrides);
  return {
    text: summary.text,
    attributes: attributes.map(({ name, high, low }, k) => ({
      ...summary.attributes[k]!,
      name,
      high,
      low,
      override: overrides[name] ?? null,
      weight: weights[k]!,
    })),
  };
}

/** The user's own weights, and the cautious ones learned of the other attributes, `[attributes]`. */
export function decidedWeights(
  { attributes, caution }: ProfileDeclaration,
  posterior: Posterior,
  overrides: ProfileRecord['overrides'],
): number[] {
  const learned = steeringWeights(posterior, caution);
  return attributes.map(({ name }, k) => overrides[name] ?? learned[k]!);
}
