type Fields = Readonly<Record<string, unknown>>;

/** A document as it is measured, and the rewards whose scales are to be estimated, in its order. */
export interface PlainScales {
  readonly document: unknown;
  readonly rewards: readonly string[];
}

/**
 * A document whose rewards give values that scales can be estimated from: as they are, and attributes as
 * means over an answer's tokens.
 * @param document - Anything. @param which - Those without a `normalization`, or all.
 */
export function withPlainScales(document: unknown, which: 'missing' | 'all'): PlainScales {
  if (!isObject(document) || !isObject(document['rewards'])) return { document, rewards: [] };
  const rewards = Object.entries(document['rewards']);
  const isMeant = ([, entry]: (typeof rewards)[number]): boolean =>
    isObject(entry) && (which === 'all' || entry['normalization'] === undefined);
  const plain = rewards.map((each) =>
    isMeant(each) ? [each[0], plainReward(each[1] as Fields)] : each,
  );
  return {
    document: { ...document, rewards: Object.fromEntries(plain) },
    rewards: rewards.filter(isMeant).map(([name]) => name),
  };
}

function plainReward(entry: Fields): Fields {
  const isAttribute = entry['attribute'] !== undefined;
  return {
    ...entry,
    normalization: { mean: 0, deviation: 1 },
    ...(isAttribute && { answerTokens: 1 }),
  };
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
