export {
  writeCalibration,
  writeRewardScales,
  type Calibration,
  type RewardScale,
} from './calibration.ts';
export { requireRecipeConstraint } from './compilable.ts';
export { withDrafter } from './drafter.ts';
export { resolveGuidance, toGuidance } from './guidance.ts';
export { resolveKlBudget } from './kl-budget.ts';
export { hubNamesIn } from './hub-names.ts';
export {
  loadRecipe,
  loadUncalibrated,
  parseRecipe,
  requireRecipeFiles,
  type ParseRecipeOptions,
  type UncalibratedRecipe,
} from './load.ts';
export { modelPath, placeRecipe, requireFile, type PlaceOptions } from './place.ts';
export {
  recipeOfModels,
  type RecipeOfModels,
  type RecipeOfModelsOptions,
  type RoleFiles,
} from './of-models.ts';
export { resolveParams } from './params.ts';
export {
  rewardWeightParam,
  type EngineSettings,
  type ParamDeclaration,
  type Skill,
  type ProfileAttribute,
  type ProfileDeclaration,
  type PromptView,
  type Recipe,
  type RecipeModel,
  type RewardDeclaration,
  type RewardSource,
} from './recipe.ts';
export { resolveSchedules, settleSchedules, showSchedule, toSchedule } from './schedules.ts';
export { toRecipeName } from './recipe-name.ts';
export { resolveRecipe, type ResolveRecipeOptions } from './resolve.ts';
export { checkBounds } from './reward-bounds.ts';
export { resolveRewards, type GuidingReward } from './reward-weights.ts';
export { defaultRewardWeight, rewardTimeoutMs, rewardWeightRange } from './rewards.ts';
export { recipeJsonSchema, type RecipeDocument } from './schema.ts';
export { rewardScope } from './warnings.ts';
export { toWrittenPlace, writeRecipe } from './write-recipe.ts';
export { isOnServer, requireTellableSampling } from './on-server.ts';
