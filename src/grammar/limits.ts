/**
 * What a constraint may ask for. Each limit is several times what people write, and small enough that
 * a hostile constraint is refused before it costs noticeable time or memory.
 */
export const constraintLimits = {
  /** Of a regular expression, in UTF-16 code units. */
  patternLength: 20_000,
  /** Of a GBNF text, in UTF-16 code units; llama.cpp's longest example has 4,000. */
  gbnfLength: 256 * 1024,
  /** Of a choice. */
  options: 10_000,
  /** Of all of a choice's options together, in UTF-16 code units. */
  optionsLength: 1_000_000,
  /** Of a constraint written as JSON, in UTF-16 code units. */
  jsonLength: 8 * 2 ** 20,
  rules: 10_000,
  /** Groups within groups, and expressions within expressions: parsing and compiling recurse. */
  depth: 200,
  /** Deepest {@link Expression}; what is parsed stays far below. */
  expressionDepth: 1000,
  /** Counts of a repetition. */
  repetitions: 10_000,
  /** States of one rule before it is made deterministic. */
  nfaStates: 250_000,
  /** Sum of the sizes of the state sets met while a rule is made deterministic. */
  determinisationWork: 1_000_000,
  /** Edges of a rule that cannot be made deterministic. */
  nondeterministicEdges: 100_000,
  /** States of all rules together. */
  states: 100_000,
  /** Bytes of the shortest text that completes an answer from anywhere. */
  shortestBytes: 32_768,
  /** Of text that must follow, cut into tokens at once. */
  forcedBytes: 1024,
  /** Of the compiled constraints that are remembered, together. */
  compiledBytes: 16 * 2 ** 20,
  /** Of what lasting rules compile to, together. */
  lastingBytes: 8 * 2 ** 20,
  /** Of all that constraints have worked out about a vocabulary, together. */
  rememberedBytes: 32 * 2 ** 20,
  /** Of one constraint over a vocabulary: of its masks, twice, and of what it remembers of texts. */
  masksBytes: 12 * 2 ** 20,
  recogniserBytes: 8 * 2 ** 20,
  /** Stacks' frames looked at for one byte of a text: a grammar that people write takes hundreds. */
  stepWork: 20_000,
} as const;
