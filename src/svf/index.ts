export { readExpert } from './expert-file.ts';
export { isExpert, keptAdapters } from './kept-adapters.ts';
export { writeAdapters } from './write-adapter.ts';
export { writeWeights } from './write-weights.ts';
