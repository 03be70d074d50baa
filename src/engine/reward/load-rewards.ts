import {
  modelPath,
  type Recipe,
  type RewardDeclaration,
  type RewardSource,
} from '../../recipe/index.ts';
import {
  chooseHead,
  guardedReward,
  lengthReward,
  loadModuleReward,
  patternsReward,
  readabilityReward,
  readRewardHead,
  wordsReward,
  type RewardHead,
} from '../../reward/index.ts';
import { InvalidOptionError, type Reward, type RewardScope } from '../../spec/index.ts';
import { isBasisFile, readBasisHeads } from './basis-heads.ts';
import type { ScalarModel } from '../load/models.ts';
import { attributeValues, oneCallValues, type NextTokenValues } from './row-scorer.ts';

/** A reward that is ready to run, and where its values come from. */
export type LoadedReward = { readonly name: string; readonly scope: RewardScope } & (
  | { readonly kind: 'scalar'; readonly model: ScalarModel; readonly head: RewardHead }
  | {
      readonly kind: 'rows';
      readonly values: NextTokenValues;
      /** Tokens of a usual answer, where values are means over an answer's tokens; else `null`. */
      readonly answerTokens: number | null;
    }
  | {
      readonly kind: 'session';
      /** Guarded: it keeps its time limit and gives finite numbers. */
      readonly reward: Reward;
      /** Whether it is somebody's program, whose values may cost anything. */
      readonly isProgram: boolean;
    }
);

export interface LoadRewardsOptions {
  readonly scalarModels: ReadonlyMap<string, ScalarModel>;
  /** Rewards given in code, by the names that `recipe.rewards` has for them. */
  readonly given: ReadonlyMap<string, { readonly reward: Reward }>;
  /** Whether modules that the recipe names may be run. */
  readonly allowModules: boolean;
}

/** A recipe's rewards by name. Modules hold threads until they are disposed of. */
export interface LoadedRewards extends AsyncDisposable {
  readonly rewards: ReadonlyMap<string, LoadedReward>;
}

/** @throws InvalidOptionError, RewardError, GgufError */
export async function loadRewards(
  recipe: Recipe,
  options: LoadRewardsOptions,
): Promise<LoadedRewards> {
  const owned: AsyncDisposable[] = [];
  const dispose = async () => {
    await Promise.all(owned.map((resource) => resource[Symbol.asyncDispose]()));
  };
  try {
    const rewards = new Map<string, LoadedReward>();
    for (const declaration of recipe.rewards.values()) {
      rewards.set(declaration.name, await loadReward(declaration, options, owned));
    }
    return { rewards, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function loadReward(
  { name, source, timeoutMs }: RewardDeclaration,
  options: LoadRewardsOptions,
  owned: AsyncDisposable[],
): Promise<LoadedReward> {
  const fromRows = (values: NextTokenValues, answerTokens: number | null = null) =>
    ({ name, scope: 'both', kind: 'rows', values, answerTokens }) as const;
  if (source.kind === 'scalar') {
    const model = options.scalarModels.get(source.model)!;
    const head = await readHead(source, model);
    return { name, scope: source.scope, kind: 'scalar', model, head };
  }
  if (source.kind === 'next-token') return fromRows(oneCallValues(source.model));
  if (source.kind === 'attribute') {
    return fromRows(attributeValues(source.model, source.neutral), source.answerTokens);
  }
  if (source.kind === 'module') {
    requireAllowed(name, source.file, options.allowModules);
    const { scope, ...module } = source;
    const given = { name, ...module, timeoutMs, ...(scope !== null && { scope }) };
    const reward = await loadModuleReward(given);
    owned.push(reward);
    return watched(name, reward, null, true); // it keeps its limit itself
  }
  const given = options.given.get(name);
  if (given !== undefined) return watched(name, given.reward, timeoutMs, true);
  if (source.kind !== 'given') return watched(name, textReward(name, source), timeoutMs, false);
  throw new InvalidOptionError(
    `rewards.${name}`,
    `The reward ${name} is given in code, but none was given under this name: load the recipe with ` +
      `\`rewards: { ${name}: … }\`.`,
  );
}

/** From a learned basis, a safetensors file or the model's own. */
async function readHead(
  { headFile, head }: Extract<RewardSource, { kind: 'scalar' }>,
  { declaration, weights }: ScalarModel,
): Promise<RewardHead> {
  if (headFile === null || !isBasisFile(headFile)) {
    return readRewardHead({ modelFile: modelPath(declaration.source), headFile, head });
  }
  return chooseHead(await readBasisHeads(headFile, weights.embeddingLength), head, headFile);
}

function watched(
  name: string,
  reward: Reward,
  timeoutMs: number | null,
  isProgram: boolean,
): LoadedReward {
  const { scope } = reward;
  return { name, scope, kind: 'session', reward: guardedReward(reward, { timeoutMs }), isProgram };
}

type TextSource = Exclude<
  RewardSource,
  { readonly kind: 'scalar' | 'next-token' | 'attribute' | 'module' | 'given' }
>;

function textReward(name: string, source: TextSource): Reward {
  if (source.kind === 'words') return wordsReward({ name, ...source });
  if (source.kind === 'patterns') return patternsReward({ name, ...source });
  if (source.kind === 'length') return lengthReward({ name, ...source });
  return readabilityReward({ name, ...source });
}

/** A module is a program: nobody who only meant to try a recipe should have run one. */
function requireAllowed(name: string, file: string, allowModules: boolean): void {
  if (allowModules) return;
  throw new InvalidOptionError(
    'allowModules',
    `The reward ${name} is a program of the recipe's author (${file}). Read it, then allow it: ` +
      '`allowModules: true`, or --allow-modules on the command line.',
  );
}
