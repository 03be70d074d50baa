/** What one owner may store, and what is spent on it. */
export const contextLimits = {
  /** Characters of one text, and of all of an owner's. */
  characters: 2 ** 19,
  ownerCharacters: 2 ** 24,
  ownerContexts: 200,
  /** Questions that are given with a context, and characters of each. */
  questions: 32,
  questionCharacters: 2000,
  /** Questions of a context that are answered before they are asked. */
  answers: 16,
  /** Tokens of such an answer. */
  answerTokens: 512,
  /** Characters of notes. */
  notesCharacters: 5000,
  /** Forward passes of the base that are spent on one context while nobody waits. */
  passes: 20_000,
};
