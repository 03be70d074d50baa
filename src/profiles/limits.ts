/** What an owner may have at most: a document is cheap to send and dear to keep. */
export const profileLimits = {
  /** Profiles of one owner. */
  profiles: 100,
  /** Answers of one profile, those from before a reset included. */
  answers: 500,
  /** Characters of an imported document's prompts and answers. */
  importedText: 2 ** 21,
};

/** The names and meanings of {@link profileLimits}. */
export type ProfileLimits = Readonly<typeof profileLimits>;
