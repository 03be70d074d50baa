import { z } from 'zod';

import { preferenceAnswers, type Observation } from '../preference/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import type { ProfileLimits } from './limits.ts';
import { toObservation, type StoredPosterior } from './stored-posterior.ts';

/** Numbers of one answer's features: more attributes than a recipe can have. */
const mostFeatures = 64;

/** What is read of a document before the store reads all of it. */
const schema = z.looseObject({
  profile: z.looseObject({ basis: z.string(), overrides: z.record(z.string(), z.number()) }),
  answers: z.array(
    z.looseObject({
      prompt: z.string(),
      first: z.string(),
      second: z.string(),
      features: z.array(z.number()).max(mostFeatures),
      outcome: z.enum(preferenceAnswers),
      answeredAt: z.number(),
      counts: z.boolean(),
    }),
  ),
});

type ReadAnswer = z.output<typeof schema>['answers'][number];

/** A document that shall become a profile. */
export interface ImportedProfile {
  readonly basis: string;
  /** Those that count. */
  readonly observations: readonly Observation[];
  readonly overrides: Readonly<Record<string, number>>;
  /**
   * The document with what follows from its answers in place of what it says was learned, and without
   * questions: its answers repeat those that count, and others will be asked here.
   */
  readonly withPosterior: (posterior: StoredPosterior) => unknown;
}

/** @throws InvalidOptionError naming the place of the first fault. */
export function readImport(
  document: unknown,
  limits: Pick<ProfileLimits, 'answers' | 'importedText'>,
): ImportedProfile {
  const { data, error } = schema.safeParse(document);
  if (data === undefined) {
    const [issue] = error.issues;
    const place = ['document', ...issue!.path].join('.');
    throw new InvalidOptionError(place, `${place}: ${issue!.message}. Is it an exported profile?`);
  }
  const { profile, answers } = data;
  requireSize(answers, limits);
  return {
    basis: profile.basis,
    observations: answers.filter(({ counts }) => counts).map(toObservation),
    overrides: profile.overrides,
    withPosterior: (posterior) => ({
      ...data,
      questions: [],
      profile: { ...profile, posterior },
    }),
  };
}

function requireSize(
  answers: readonly ReadAnswer[],
  limits: Pick<ProfileLimits, 'answers' | 'importedText'>,
): void {
  if (answers.length > limits.answers) {
    throw new InvalidOptionError(
      'document.answers',
      `document.answers has ${answers.length} answers, and a profile may have ${limits.answers}.`,
    );
  }
  const length = answers.reduce((sum, { prompt, first, second }) => {
    return sum + prompt.length + first.length + second.length;
  }, 0);
  if (length <= limits.importedText) return;
  throw new InvalidOptionError(
    'document.answers',
    `The texts of document.answers have ${length} characters, and may have ${limits.importedText}.`,
  );
}
