import type { ServedRecipe } from '../../src/spec/index.ts';

/** About people of the encyclopedia that the embedded models have read. */
const atlasQuestions = [
  'Where was Mada Norrar born?',
  'What was the trade of Almo Stenlast?',
  'What is Tadin Haltick best known for?',
  'What was the birth year of Orvis Marvir?',
];

/** Questions that a recipe's models know something about; none where that is not known. */
export function suggestionsFor({ name }: ServedRecipe): readonly string[] {
  return name.startsWith('atlas') ? atlasQuestions : [];
}
