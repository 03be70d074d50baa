import type { ModelContext, Sequence, TokenId } from '../../src/index.ts';
import { processorSince, type StepCost } from '../shared/measure.ts';

export interface BareOptions {
  /** Models that decode one token a step, in turn. */
  readonly models: readonly ModelContext[];
  /** A reward model that decodes `candidates` one-token forks of its prefix in one batch. */
  readonly forked?: { readonly context: ModelContext; readonly candidates: number };
  readonly prefixTokens: number;
  readonly steps: number;
}

/** Token ids without a special meaning. */
export function plainTokens(length: number): TokenId[] {
  return Array.from({ length }, (_, i) => 300 + ((i * 131) % 500));
}

/** Steps of contexts that are called directly; takes its sequences at once. */
export async function createBare({
  models,
  forked,
  prefixTokens,
  steps,
}: BareOptions): Promise<() => Promise<StepCost>> {
  const open = async (context: ModelContext): Promise<Sequence> => {
    const sequence = context.createSequence();
    await context.extend([{ sequence, tokens: plainTokens(prefixTokens), rows: 'none' }]);
    return sequence;
  };
  const lanes: Sequence[] = [];
  for (const context of models) lanes.push(await open(context));
  let prefix = forked === undefined ? undefined : await open(forked.context);

  return async () => {
    for (const lane of lanes) lane.truncate(prefixTokens);
    prefix?.truncate(prefixTokens);
    const start = process.cpuUsage();
    const startedAt = performance.now();
    for (let step = 0; step < steps; step++) {
      for (const [i, context] of models.entries()) {
        await context.extend([{ sequence: lanes[i]!, tokens: [300 + step], rows: 'last' }]);
      }
      if (forked !== undefined) prefix = await stepForks(forked, prefix!);
    }
    return {
      elapsed: (performance.now() - startedAt) / steps,
      processor: processorSince(start) / steps,
    };
  };
}

/** @returns The first fork, which is the next prefix. */
async function stepForks(
  { context, candidates }: NonNullable<BareOptions['forked']>,
  prefix: Sequence,
): Promise<Sequence> {
  const forks = Array.from({ length: candidates }, () => prefix.fork());
  await context.extend(
    forks.map((sequence, i) => ({ sequence, tokens: [300 + i], rows: 'last' as const })),
  );
  for (const fork of [prefix, ...forks.slice(1)]) fork[Symbol.dispose]();
  return forks[0]!;
}
