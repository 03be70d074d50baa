export type {
  EngineSettings,
  ParamDeclaration,
  PromptView,
  Recipe,
  RecipeModel,
} from './recipe.ts';
