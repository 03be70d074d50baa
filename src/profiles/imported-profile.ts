import { z } from 'zod';

import { preferenceAnswers, type Observation } from '../preference/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { toObservation, type StoredPosterior } from './stored-posterior.ts';

/** What is read of a document before the store reads all of it. */
const schema = z.looseObject({
  profile: z.looseObject({ basis: z.string() }),
  answers: z
    .array(
      z.looseObject({
        features: z.array(z.number()).max(1000),
        outcome: z.enum(preferenceAnswers),
        answeredAt: z.number(),
        counts: z.boolean(),
      }),
    )
    .max(10_000),
});

/** A document that shall become a profile. */
export interface ImportedProfile {
  readonly basis: string;
  /** Those that count. */
  readonly observations: readonly Observation[];
  /**
   * The document with what follows from its answers in place of what it says was learned, and without
   * questions: its answers repeat those that count, and others will be asked here.
   */
  readonly withPosterior: (posterior: StoredPosterior) => unknown;
}

/** @throws InvalidOptionError naming the place of the first fault. */
export function readImport(document: unknown): ImportedProfile {
  const { data, error } = schema.safeParse(document);
  if (data === undefined) {
    const [issue] = error.issues;
    const place = ['document', ...issue!.path].join('.');
    throw new InvalidOptionError(place, `${place}: ${issue!.message}. Is it an exported profile?`);
  }
  const { profile, answers } = data;
  return {
    basis: profile.basis,
    observations: answers.filter(({ counts }) => counts).map(toObservation),
    withPosterior: (posterior) => ({
      ...data,
      questions: [],
      profile: { ...profile, posterior },
    }),
  };
}
