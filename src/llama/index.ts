export { LlamaContext, microBatchSize } from './context.ts';
export { loadFfi } from './ffi.ts';
export { isGpu, loadLlamaLibrary, type Device, type LlamaLibrary } from './library.ts';
export { LlamaModel, loadModel, type LoadModelOptions } from './model.ts';
export {
  findLibraryFiles,
  installCommand,
  libraryDirectoryVariable,
  platformPackageVersion,
} from './platform.ts';
export { LlamaVocabulary } from './vocabulary.ts';
