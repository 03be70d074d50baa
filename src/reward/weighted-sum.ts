import { InvalidOptionError } from '../spec/index.ts';
import type { Continuations, Reward, RewardScope, RewardSession } from '../spec/index.ts';
import { normalise } from './normalization.ts';
import type { Normalization } from './normalization.ts';

/** One reward of a sum. */
export interface WeightedReward {
  readonly reward: Reward;
  /** 0 leaves it out: it is not run. */
  readonly weight: number;
  /** The weight applies to `(value - mean) / deviation`; plain values where absent. */
  readonly normalization?: Normalization | null;
}

/**
 * `Σ weight × value` as one reward. It is valid where all its parts are.
 * @throws InvalidOptionError for weights or scales that are no numbers, or where no text is in the scope
 *   of all parts.
 */
export function weightedSum(name: string, parts: readonly WeightedReward[]): Reward {
  for (const part of parts) check(part);
  const used = parts.filter(({ weight }) => weight !== 0);
  return {
    name,
    scope: commonScope(used.map(({ reward }) => reward)),
    start(answer) {
      const sessions = startAll(used, (part) => part.reward.start(answer));
      let length = 0;
      return {
        get length() {
          return length;
        },
        score(continuations, signal) {
          signal.throwIfAborted();
          const values = scoreAll(sessions, continuations, signal);
          return isSettled(values)
            ? weightedTotals(used, values, continuations.length)
            : settleAll(values).then((all) => weightedTotals(used, all, continuations.length));
        },
        accept(tokens) {
          for (const session of sessions) session.accept(tokens);
          length += tokens.length;
        },
        truncate(kept) {
          for (const session of sessions) session.truncate(kept);
          length = kept;
        },
        [Symbol.dispose]() {
          for (const session of sessions) session[Symbol.dispose]();
        },
      };
    },
  };
}

/**
 * `Σ weight × normalised value` of each candidate, shape `[candidates]`.
 * @param values - Of each part, shape `[parts][candidates]`.
 */
export function weightedTotals(
  parts: readonly Omit<WeightedReward, 'reward'>[],
  values: readonly Float64Array[],
  candidates: number,
): Float64Array {
  const totals = new Float64Array(candidates);
  for (const [p, { weight, normalization }] of parts.entries()) {
    const ofPart = values[p]!;
    for (let i = 0; i < candidates; i++) {
      const value = ofPart[i]!;
      totals[i]! += weight * (normalization ? normalise(value, normalization) : value);
    }
  }
  return totals;
}

function check({ reward, weight, normalization }: WeightedReward): void {
  const refuse = (option: string, message: string) =>
    new InvalidOptionError(
      `${reward.name}.${option}`,
      `The ${option} of "${reward.name}" ${message}`,
    );
  if (!Number.isFinite(weight))
    throw refuse('weight', `is ${weight}, but must be a finite number.`);
  if (!normalization) return;
  const { mean, deviation } = normalization;
  if (!Number.isFinite(mean) || !Number.isFinite(deviation) || deviation <= 0) {
    throw refuse(
      'normalization',
      `has mean ${mean} and deviation ${deviation}: both must be finite, the deviation above 0.`,
    );
  }
}

/** Where all rewards are valid. */
function commonScope(rewards: readonly Reward[]): RewardScope {
  const narrow = rewards.filter(({ scope }) => scope !== 'both');
  const [first] = narrow;
  if (first === undefined) return 'both';
  const other = narrow.find(({ scope }) => scope !== first.scope);
  if (other === undefined) return first.scope;
  throw new InvalidOptionError(
    'rewards',
    `"${first.name}" is for ${what[first.scope]} and "${other.name}" for ${what[other.scope]}: their sum means nothing on either.`,
  );
}

const what: Readonly<Record<RewardScope, string>> = {
  prefix: 'unfinished answers',
  answer: 'whole answers',
  both: 'all answers',
};

type Values = Float64Array | Promise<Float64Array>;

/** Every part's values; where one throws at once, nobody waits for the others. */
function scoreAll(
  sessions: readonly RewardSession[],
  continuations: Continuations,
  signal: AbortSignal,
): Values[] {
  const values: Values[] = [];
  try {
    for (const session of sessions) values.push(session.score(continuations, signal));
    return values;
  } catch (error) {
    settleAll(values).catch(() => {});
    throw error;
  }
}

function settleAll(values: readonly Values[]): Promise<Float64Array[]> {
  return Promise.all(values.map((each) => Promise.resolve(each)));
}

function isSettled(values: readonly Values[]): values is readonly Float64Array[] {
  return values.every((each) => each instanceof Float64Array);
}

/** Starts every part; where one cannot, those before it are disposed of. */
function startAll(
  parts: readonly WeightedReward[],
  start: (part: WeightedReward) => RewardSession,
): RewardSession[] {
  const sessions: RewardSession[] = [];
  try {
    for (const part of parts) sessions.push(start(part));
    return sessions;
  } catch (error) {
    for (const session of sessions) session[Symbol.dispose]();
    throw error;
  }
}
