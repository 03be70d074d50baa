export { createProfiles } from './create-profiles.ts';
export { profileLimits, type ProfileLimits } from './limits.ts';
export {
  largestOverride,
  type Asking,
  type AttributeView,
  type Enough,
  type NewProfile,
  type ProfileEntry,
  type ProfileQuestion,
  type Profiles,
  type ProfilesOptions,
  type ProfileView,
  type QuestionAnswer,
  type QuestionProgress,
  type QuestionRequest,
} from './profiles.ts';
export { withSteering, type Steering } from './steering.ts';
