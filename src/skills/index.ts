export {
  chooseSkill,
  type ChooseSkillOptions,
  type ScoredMixture,
  type SkillChoice,
  type SkillExample,
  type SkillScorer,
} from './choose-skill.ts';
export { searchMixture, type SearchMixtureOptions } from './search-mixture.ts';
