import type { EngineStats } from '../spec/index.ts';

/** Of an engine that has told nothing yet. */
export const noStats: EngineStats = {
  running: 0,
  queued: 0,
  decodes: 0,
  decodedTokens: 0,
  promptTokens: 0,
  cachedPromptTokens: 0,
  kvCellsUsed: 0,
  kvCells: 0,
  threads: 0,
  mostThreads: 0,
  residentBytes: 0,
};
