import { RewardError } from '../spec/index.ts';
import type { Continuations, Reward, RewardSession } from '../spec/index.ts';
import { checkTimeLimit } from './time-limit.ts';
import { onAbort, untilAborted } from '../waiting/index.ts';
import { toValues } from './values.ts';

export interface GuardOptions {
  /** Milliseconds that one `score` may take; `null` for a reward that keeps a limit of its own. */
  readonly timeoutMs: number | null;
  /** Milliseconds from any origin; `performance.now` by default. */
  readonly now?: () => number;
}

/**
 * The same reward, watched: its sessions' `score` gives one finite number per candidate or throws
 * RewardError naming the reward and what it did, and rejects with the signal's reason as soon as that
 * aborts. A promise that takes too long is left, its signal aborted. Synchronous work cannot be
 * interrupted: it is refused when it is done.
 * @throws InvalidOptionError for a time limit that is not above 0.
 */
export function guardedReward(reward: Reward, options: GuardOptions): Reward {
  if (options.timeoutMs !== null) checkTimeLimit(options.timeoutMs);
  return {
    name: reward.name,
    scope: reward.scope,
    judgesEnds: reward.judgesEnds,
    start: (answer) => guardedSession(reward.name, reward.start(answer), options),
  };
}

function guardedSession(
  name: string,
  session: RewardSession,
  { timeoutMs, now = () => performance.now() }: GuardOptions,
): RewardSession {
  const tooSlow = () =>
    new RewardError(
      name,
      `The reward "${name}" took longer than ${timeoutMs} ms for one set of candidates: make it faster, or raise its timeout.`,
    );
  const failed = (error: unknown) =>
    new RewardError(name, `The reward "${name}" failed: ${messageOf(error)}.`, { cause: error });

  /** Settles with the values, or for the first of: the caller's abort, the time limit. */
  const settle = async (
    pending: Promise<Float64Array>,
    count: number,
    stop: AbortController,
  ): Promise<Float64Array> => {
    const timer = timeoutMs === null ? null : setTimeout(() => stop.abort(tooSlow()), timeoutMs);
    try {
      return toValues(name, await untilAborted(pending, stop.signal), count);
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  };

  const score = (
    continuations: Continuations,
    stop: AbortController,
  ): Float64Array | Promise<Float64Array> => {
    const start = now();
    const given = session.score(continuations, stop.signal);
    if (given instanceof Promise) return settle(given, continuations.length, stop);
    if (timeoutMs !== null && now() - start > timeoutMs) throw tooSlow();
    return toValues(name, given, continuations.length);
  };

  return {
    get length() {
      return session.length;
    },
    score(continuations, signal) {
      signal.throwIfAborted();
      const stop = new AbortController();
      const leave = onAbort(signal, (reason) => stop.abort(reason));
      const rethrow = (error: unknown): never => {
        if (error instanceof RewardError || (stop.signal.aborted && error === stop.signal.reason)) {
          throw error;
        }
        throw failed(error);
      };
      try {
        const values = score(continuations, stop);
        if (values instanceof Promise) return values.catch(rethrow).finally(leave);
        leave();
        return values;
      } catch (error) {
        leave();
        return rethrow(error);
      }
    },
    accept: (tokens) => session.accept(tokens),
    truncate: (length) => session.truncate(length),
    [Symbol.dispose]: () => session[Symbol.dispose](),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
