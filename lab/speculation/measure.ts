import type { GenerateOptions, GenerationResult, LoadedRecipe } from '../../src/index.ts';
import { ratioOf, summaryOf, type Summary } from '../shared/measure.ts';
import { sum } from '../shared/numbers.ts';
import { countAnswers, msPerToken, type Counts } from './counts.ts';
import { inBothOrders } from './rounds.ts';
import { compareAnswers, type Sameness } from './sameness.ts';
import type { Workload } from './workloads.ts';

/** Tokens drafted at most, where it is said. */
export const draftLength = 4;

/** Who may draft. */
export const ways = {
  off: 'off',
  copies: 'copies:length=12', // they cost no pass
  base: `base:length=${draftLength}`,
  expert: `expert:length=${draftLength}`,
  auto: 'auto',
} as const;

export type Way = keyof typeof ways;

const wayNames = Object.keys(ways) as Way[];

export interface WayResults {
  readonly counts: Counts;
  /** Milliseconds for a token / those of the same round without drafts, and of the base alone. */
  readonly overOff: Summary;
  readonly overAlone: Summary;
  readonly msPerToken: Summary;
  /** Over all rounds. */
  readonly sameness: Sameness;
}

export interface WorkloadResults {
  readonly name: string;
  readonly answers: number;
  readonly ways: Readonly<Record<Way, WayResults>>;
  /** The base alone: its answers are its own. */
  readonly alone: { readonly counts: Counts; readonly msPerToken: Summary };
}

export async function measureWorkload(
  loaded: LoadedRecipe,
  workload: Workload,
  rounds: number,
  title: string,
): Promise<WorkloadResults> {
  const run = (options: GenerateOptions) => () => answer(loaded, workload, options);
  const aloneName = 'the base alone';
  const variants: Record<string, () => Promise<GenerationResult[][]>> = Object.fromEntries(
    wayNames.map((way) => [way, run({ speculation: ways[way] })]),
  );
  variants[aloneName] = run({ only: 'base', speculation: 'off' });
  const measured = await inBothOrders(variants, rounds, `${title}, ${workload.name}`);
  const times = (name: string) => measured[name]!.map(msPerToken);
  const asked = workload.groups.flat();
  const plain = measured['off']![0]!.flat();
  const resultsOf = async (way: Way): Promise<WayResults> => {
    const samenesses = [];
    for (const groups of measured[way]!)
      samenesses.push(await compareAnswers(loaded, asked, plain, groups.flat()));
    return {
      counts: countAnswers(measured[way]![0]!.flat()),
      overOff: ratioOf(times(way), times('off')),
      overAlone: ratioOf(times(way), times(aloneName)),
      msPerToken: summaryOf(times(way)),
      sameness: {
        answers: sum(samenesses.map(({ answers }) => answers)),
        differing: sum(samenesses.map(({ differing }) => differing)),
        nearTies: sum(samenesses.map(({ nearTies }) => nearTies)),
        broken: sum(samenesses.map(({ broken }) => broken)),
      },
    };
  };
  const results: Partial<Record<Way, WayResults>> = {};
  for (const way of wayNames) results[way] = await resultsOf(way);
  return {
    name: workload.name,
    answers: asked.length,
    ways: results as Record<Way, WayResults>,
    alone: {
      counts: countAnswers(measured[aloneName]![0]!.flat()),
      msPerToken: summaryOf(times(aloneName)),
    },
  };
}

/** Group after group. */
async function answer(
  loaded: LoadedRecipe,
  { groups }: Workload,
  options: GenerateOptions,
): Promise<GenerationResult[][]> {
  const answers: GenerationResult[][] = [];
  for (const group of groups) {
    const results = group.map((asked) =>
      loaded.generate(asked.prompt, { ...asked.options, ...options }),
    );
    answers.push(await Promise.all(results));
  }
  return answers;
}
