/** @packageDocumentation Recipes for Trimtab's plugin, which runs a pair inside vLLM. */
export { shellLine } from './command.ts';
export type { PairDtype } from './dtypes.ts';
export { exportVllm, type ExportVllmOptions, type VllmExport } from './export-vllm.ts';
