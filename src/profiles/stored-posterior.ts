import { z } from 'zod';

import {
  createPosterior,
  fitPosterior,
  preferenceAnswers,
  standardNormal,
  type Observation,
  type Posterior,
} from '../preference/index.ts';
import type { ProfileDeclaration } from '../recipe/index.ts';
import { StoreError } from '../spec/index.ts';
import type { AnswerRecord, ProfileRecord } from '../store/index.ts';

const stored = z.strictObject({
  version: z.literal(1),
  observations: z.array(
    z.strictObject({
      difference: z.array(z.number()),
      answer: z.enum(preferenceAnswers),
      at: z.number(),
    }),
  ),
});

/** As it is kept: all else of a posterior follows from what was observed. */
export type StoredPosterior = z.output<typeof stored>;

export function toStored(observations: readonly Observation[]): StoredPosterior {
  const plain = observations.map(({ difference, answer, at }) => ({
    difference: [...difference],
    answer,
    at,
  }));
  return { version: 1, observations: plain };
}

export function toObservation(
  answer: Pick<AnswerRecord, 'features' | 'outcome' | 'answeredAt'>,
): Observation {
  return { difference: answer.features, answer: answer.outcome, at: answer.answeredAt };
}

/**
 * What is known of a user after these observations: at first, that they are like the recipe's population,
 * or that their weights are standard normal.
 * @throws InvalidOptionError naming the observation that cannot be used.
 */
export function posteriorOf(
  { attributes, prior }: Pick<ProfileDeclaration, 'attributes' | 'prior'>,
  observations: readonly Observation[],
): Posterior {
  const model = { prior: prior ?? standardNormal(attributes.length) };
  // Answers do not age: they are of any time.
  return observations.length === 0 ? createPosterior(model) : fitPosterior(model, observations, 0);
}

/** @throws StoreError if a later version has written it. */
export function observationsOf({ id, posterior }: ProfileRecord): readonly Observation[] {
  const { data } = stored.safeParse(posterior);
  if (data !== undefined) return data.observations;
  throw new StoreError(
    'newer',
    `What the profile ${id} has learned was written by a later version of Trimtab: use that one.`,
  );
}
