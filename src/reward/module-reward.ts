import { InvalidOptionError, RewardError } from '../spec/index.ts';
import type { Reward, RewardScope } from '../spec/index.ts';
import { ModuleWorker } from './module-worker.ts';
import { createTextReward } from './text-reward.ts';
import { checkTimeLimit } from './time-limit.ts';
import { toValues } from './values.ts';

/** Limits of a module where none are given. */
const moduleRewardDefaults = { timeoutMs: 1000, memoryLimitMb: 256 } as const;

export interface ModuleRewardOptions {
  readonly name: string;
  /** Absolute path of a JavaScript module; of a TypeScript one where Node reads that. */
  readonly file: string;
  /** In place of the module's own. */
  readonly scope?: RewardScope;
  /** Given to the module with every call: what JSON can hold. */
  readonly options?: unknown;
  /** Milliseconds of one call, once the module is loaded. The thread is ended after that. */
  readonly timeoutMs?: number;
  /** Of the thread's heap, in MiB. */
  readonly memoryLimitMb?: number;
}

/** A reward that has a thread. */
export type ModuleReward = Reward & AsyncDisposable;

/**
 * Loads the user's module (`RewardModule`) into a thread of its own, so that neither an endless loop nor
 * a crash in it holds this one. All sessions share the thread; their calls wait for each other. A call
 * that throws, takes too long, runs out of memory or gives anything but one finite number per text
 * rejects with RewardError, and the next call works. The module is code: load only what may run.
 * @throws RewardError for a module that cannot be loaded; InvalidOptionError for limits that are not
 *   above 0, or options that are not plain data.
 */
export async function loadModuleReward(given: ModuleRewardOptions): Promise<ModuleReward> {
  const { name, timeoutMs, memoryLimitMb } = { ...moduleRewardDefaults, ...given };
  checkTimeLimit(timeoutMs);
  if (!Number.isFinite(memoryLimitMb) || memoryLimitMb <= 0) {
    throw new InvalidOptionError(
      'memoryLimitMb',
      `memoryLimitMb is ${memoryLimitMb}, but must be a number of MiB above 0.`,
    );
  }
  const options = plainData(given.options ?? null);
  const worker = new ModuleWorker(name, given.file, { timeoutMs, memoryLimitMb });
  const exported = await worker.load();
  const scope = given.scope ?? exported ?? 'both';
  if (!isScope(scope)) {
    await worker[Symbol.asyncDispose]();
    throw new RewardError(
      name,
      `The module of the reward "${name}" exports the scope ${JSON.stringify(scope)}: it must be one of ${scopes.join(', ')}. It is ${given.file}.`,
    );
  }
  const reward = createTextReward({
    name,
    scope,
    start:
      ({ messages }) =>
      async (candidates, _, signal) => {
        const texts = candidates.map(({ text }) => text);
        const isWhole = candidates.map((candidate) => candidate.isWhole);
        const values = await worker.score({ texts, isWhole, messages, options }, signal);
        return toValues(name, values, texts.length);
      },
  });
  return { ...reward, [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose]() };
}

const scopes: readonly RewardScope[] = ['prefix', 'answer', 'both'];

function isScope(value: unknown): value is RewardScope {
  return scopes.some((scope) => scope === value);
}

/** A copy that can be sent to a thread. */
function plainData(options: unknown): unknown {
  try {
    return structuredClone(options);
  } catch (error) {
    throw new InvalidOptionError(
      'options',
      'The options of a module must be plain data, as in JSON: no functions.',
      { cause: error },
    );
  }
}
