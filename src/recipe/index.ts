export { loadRecipe, parseRecipe, requireRecipeFiles, type ParseRecipeOptions } from './load.ts';
export { resolveParams } from './params.ts';
export type {
  EngineSettings,
  ParamDeclaration,
  PromptView,
  Recipe,
  RecipeModel,
} from './recipe.ts';
export { resolveRecipe, type ResolveRecipeOptions } from './resolve.ts';
export { recipeJsonSchema, type RecipeDocument } from './schema.ts';
