/** What a store takes at most. */
export const storeLimits = {
  /** Characters of one text, a prompt or an answer. */
  textLength: 2 ** 20,
  /** Characters of a profile's name. */
  nameLength: 200,
  /** Numbers of one difference of features. */
  features: 4096,
  /** Attributes with values of the user's own. */
  overrides: 1024,
  /** Questions that one call adds, or that one document holds. */
  questions: 10_000,
  /** Answers that one document holds. */
  answers: 100_000,
  /** Levels of a posterior or basis. */
  jsonDepth: 32,
  /** Values in a posterior or basis, containers included. */
  jsonValues: 2 ** 20,
} as const;
