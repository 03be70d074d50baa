/** @packageDocumentation Recipes drafted from models and a purpose. */
export {
  draftRecipe,
  type DraftRecipeOptions,
  type DraftRole,
  type RecipeDraft,
} from './draft-recipe.ts';
export type { Purpose } from './purposes.ts';
