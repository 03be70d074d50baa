/** What a recipe does not say about the engine. Values, so that help and docs read them from here. */
export const engineDefaults = {
  /** Tokens of a sequence at most, where the models were trained on more. */
  contextLength: 4096,
  /** Generations at once. */
  maxSequences: 4,
  /** Tokens of one decode, over all generations. */
  batchSize: 512,
  flashAttention: false,
  kvType: 'f16',
  repack: false,
  batchInvariant: false,
} as const;
