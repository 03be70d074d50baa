import {
  comparePaired,
  isFailed,
  natsPerByte,
  outcomeOf,
  verdictDefaults,
  type Evaluation,
  type Outcome,
  type PairedComparison,
} from '../evaluation/index.ts';

/** How a pair compares with something else that its user might do. */
export interface PairComparison extends PairedComparison {
  /** Name of the other system. */
  readonly over: string;
  /** Of the pair. */
  readonly outcome: Outcome;
}

export interface PairVerdict {
  /** Whether it is better than all else that was tried. */
  readonly isWorthIt: boolean;
  readonly text: string;
  readonly comparisons: readonly PairComparison[];
}

/** Of nats a byte. */
const judging = { ...verdictDefaults, lowerIsBetter: true };

/** What is compared with the pair, and what to do where it is not worse. */
export interface PairRival {
  /** Name of the system. */
  readonly name: string;
  /** In a sentence, e.g. `the expert alone`. */
  readonly words: string;
}

/**
 * Whether a pair is worth its models: judged by how likely the answers of the test set are under it and its rivals,
 * in nats a byte, paired by conversations.
 * @param pair - Name of its system in the evaluation.
 */
export function judgePair(
  { records }: Pick<Evaluation, 'records'>,
  pair: string,
  rivals: readonly PairRival[],
): PairVerdict {
  const valuesOf = (system: string): ReadonlyMap<string, number> =>
    new Map(
      records.flatMap(({ result }) =>
        isFailed(result) || result.system !== system || !(natsPerByte in result.scores)
          ? []
          : [[result.item, result.scores[natsPerByte]] as const],
      ),
    );
  const own = valuesOf(pair);
  const comparisons = rivals.map(({ name }): PairComparison => {
    const others = valuesOf(name);
    const items = [...own.keys()].filter((item) => others.has(item));
    const compared = comparePaired(
      items.map((item) => others.get(item)!),
      items.map((item) => own.get(item)!),
    );
    return { ...compared, over: name, outcome: outcomeOf(compared, judging) };
  });
  return { ...verdictOf(comparisons, rivals), comparisons };
}

function verdictOf(
  comparisons: readonly PairComparison[],
  rivals: readonly PairRival[],
): Pick<PairVerdict, 'isWorthIt' | 'text'> {
  const wordsOf = (outcome: Outcome): string[] =>
    rivals.filter((_, i) => comparisons[i]!.outcome === outcome).map(({ words }) => words);
  const worse = wordsOf('worse');
  const unclear = wordsOf('unclear');
  const better = wordsOf('better');
  if (worse.length > 0) {
    return { isWorthIt: false, text: `not worth it: ${list(worse)} ${are(worse)} better` };
  }
  if (unclear.length > 0) {
    const size = comparisons[0]!.n;
    const known = better.length > 0 ? `better than ${list(better)}, but ` : '';
    return {
      isWorthIt: false,
      text: `${known}no evidence (n = ${size}) that it is better than ${list(unclear)}`,
    };
  }
  return { isWorthIt: true, text: `worth it: better than ${list(better)}` };
}

function are(words: readonly string[]): string {
  return words.length === 1 ? 'is' : 'are';
}

/** `a, b and c` */
function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
