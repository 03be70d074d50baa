export { writeRandomModel, type RandomModelShape } from './random-model.ts';
export {
  createVocabulary,
  padVocabulary,
  permuteVocabulary,
  renameToken,
} from './random-vocabulary.ts';
export { writeSmallModels } from './small-models.ts';
export { splitModel } from './split-model.ts';
