export { isExpert, keptAdapters } from './kept-adapters.ts';
