/**
 * What a schema may cost. Schemas come from requests: each limit is several times what schemas in use
 * need, and small enough that a hostile one is refused within a moment.
 */
export const schemaLimits = {
  /** JSON values nested in one another, from the schema's root. */
  depth: 256,
  /** JSON values in the schema, those of annotations included. */
  nodes: 200_000,
  /** Characters of all keys and texts in the schema. */
  characters: 10_000_000,
  /** `$ref`, `allOf`, `anyOf` and `oneOf` that lead to one another without entering a value. */
  references: 256,
  /** Ways in which one value may fit: `anyOf` multiplies them when several hold at once. */
  alternatives: 1000,
  /** Pairs of alternatives that are met in the whole schema. */
  pairs: 500_000,
  /** Options of one `oneOf`: each is compared with each. */
  oneOfOptions: 128,
  /** Different sets of schemas that one value must fit at once. */
  conjunctions: 200_000,
  /** Positions of `prefixItems`, each of which may be the last. */
  prefixItems: 256,
  /** Items of an array that must contain something, where their number is bounded: each may be the one. */
  containing: 100,
  /** Values of items that must differ: every set of them is a state. */
  uniqueValues: 10,
  /** Properties times their number, of an object whose properties are counted. */
  countedProperties: 4000,
  /** Properties of one object that may be left out: any of them may follow any before it. */
  optionalProperties: 1000,
  /** Sets of patterns that one name may match: each is a kind of property. */
  nameKinds: 32,
  /** Multiples that are listed one by one, and parts that a step cuts 1 into. */
  multiples: 1000,
  /** Of integers: for each rest that it leaves there is a rule for each number of digits to come. */
  step: 100,
} as const;
