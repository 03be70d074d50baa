import { countSentences, wordsOf } from './text-measures.ts';

/** The grade of one-syllable words in sentences of one word, the lowest there is. */
const lowestGrade = 0.39 + 11.8 - 15.59;

/**
 * The Flesch–Kincaid grade of English text, in years of schooling:
 * `0.39 words / sentences + 11.8 syllables / words - 15.59`. Text without words has the lowest grade.
 * @see Kincaid et al. 1975, "Derivation of New Readability Formulas for Navy Enlisted Personnel"
 */
export function readingGrade(text: string): number {
  const words = wordsOf(text);
  if (words.length === 0) return lowestGrade;
  const syllables = words.reduce((sum, word) => sum + countSyllables(word), 0);
  return 0.39 * (words.length / countSentences(text)) + 11.8 * (syllables / words.length) - 15.59;
}

const vowelGroup = /[aeiouy]+/g;

/** Silent at the end: "make", "whole", "makes", "jumped"; but not "table", "boxes", "wanted". */
const silentEnding =
  /(?:[^aeiouyl]|[aeiouy]l)e$|(?:[^aeiouylscxzgh]|[aeiouy]l)es$|(?:[^aeiouyltd]|[aeiouyl]l)ed$/;

/** Neighbouring vowels spoken apart: "going", "lion" (not "nation"), "giant", "science", "idea", "video". */
const hiatus =
  /[aeiouy](?=ing)|[^cgtsx]i(?=o)|[^cts]i(?=a)|[^r]i(?=en[ct])|qui(?=et)|[^q]u(?=al)|[aeiouy][^aeiouy]+e(?=a$)|cre(?=at)|e(?=o(?:$|[lr])|um)|o(?=e[mt])/g;

/**
 * Syllables of an English word, at least 1, by rule of thumb: groups of vowels, one less for a silent e
 * at the end, one more where two vowels are spoken apart.
 */
export function countSyllables(word: string): number {
  const letters = word
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');
  const groups = letters.match(vowelGroup)?.length ?? 0;
  const apart = letters.match(hiatus)?.length ?? 0;
  return Math.max(1, groups + apart - (silentEnding.test(letters) ? 1 : 0));
}
