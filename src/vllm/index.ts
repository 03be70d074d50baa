/** @packageDocumentation Recipes for Trimtab's plugin, which runs a pair inside vLLM. */
export { shellLine } from './command.ts';
export {
  exportVllm,
  pairDtypes,
  type ExportVllmOptions,
  type PairDtype,
  type VllmExport,
} from './export-vllm.ts';
