import type { GenerateOptions } from '../../src/index.ts';
import { interleave, ratioOf, type Summary } from '../shared/measure.ts';
import { median, sum } from '../shared/numbers.ts';
import type { Cost, Subject } from './subject.ts';

/** Generations at once that are measured. */
export const generationCounts = [1, 4, 16] as const;

interface AtOnce {
  readonly generations: number;
  /** Composed step / the bare forwards of its models, for the same batch. */
  readonly overBare: Summary;
  /** Composed step / the time it spends in forwards itself: what is ours, without the noise of rounds. */
  readonly overOwnForwards: Summary;
  /** Composed / bare in processor time, the request's own beginning and end included. */
  readonly processorOverBare: Summary;
  /** Tokens per second of all generations together / of one alone. */
  readonly throughput: Summary;
  /** For orientation only: it is the machine's, at that moment. */
  readonly bareStepMs: number;
}

/** Steps of one generation that does more than greedy decoding / a greedy step. */
type OverGreedy = Readonly<Record<'sampled' | 'logprobs' | 'traced' | 'streamed', Summary>>;

export interface StepResults {
  readonly atOnce: readonly AtOnce[];
  readonly overGreedy: OverGreedy;
}

const sampled: GenerateOptions = { temperature: 0.8, topP: 0.95, seed: 1 };

export async function measureSteps(
  subject: Subject,
  rounds: number,
  title: string,
): Promise<StepResults> {
  const variants: Record<string, () => Promise<Cost>> = {
    sampled: () => subject.composed(1, sampled),
    logprobs: () => subject.composed(1, { logprobs: true }),
    traced: () => subject.composed(1, { trace: true }),
    streamed: () => subject.streamed(1),
  };
  for (const count of generationCounts) {
    variants[`composed ${count}`] = () => subject.composed(count);
    variants[`bare ${count}`] = () => subject.bare(count);
  }
  const measured = await interleave(variants, rounds, title);
  const elapsed = (name: string) => measured[name]!.map((cost) => cost.elapsed);
  const processor = (name: string) => measured[name]!.map((cost) => cost.processor);
  const greedy = elapsed('composed 1');
  const overGreedy = (name: string) => ratioOf(elapsed(name), greedy);
  return {
    atOnce: generationCounts.map((generations) => {
      const [composed, bare] = [`composed ${generations}`, `bare ${generations}`];
      const alone = greedy.map((milliseconds) => milliseconds * generations);
      return {
        generations,
        overBare: ratioOf(elapsed(composed), elapsed(bare)),
        overOwnForwards: ratioOf(
          elapsed(composed),
          measured[composed]!.map((cost) => cost.forwards),
        ),
        processorOverBare: ratioOf(processor(composed), processor(bare)),
        throughput: ratioOf(alone, elapsed(composed)),
        bareStepMs: median(elapsed(bare)),
      };
    }),
    overGreedy: {
      sampled: overGreedy('sampled'),
      logprobs: overGreedy('logprobs'),
      traced: overGreedy('traced'),
      streamed: overGreedy('streamed'),
    },
  };
}

export interface PrefixTokens {
  readonly prompt: number;
  /** Tokens at the end of a prompt that no earlier one had. */
  readonly new: number;
}

/** Time to the first token of a prompt whose beginning is cached / of one that is new altogether. */
export async function measurePrefix(
  { trimtab, prompt, exactly }: Subject,
  tokens: PrefixTokens,
  rounds: number,
): Promise<Summary> {
  let seed = 1000;
  const firstToken = async (given: readonly number[]) => {
    const { timings } = await trimtab.generate({ tokens: given }, exactly(1));
    return timings.queuedMs + timings.prefillMs;
  };
  const measured = await interleave(
    {
      cold: () => firstToken(prompt(tokens.prompt, seed++)),
      cached: async () => {
        const shared = prompt(tokens.prompt - tokens.new, seed++);
        await firstToken([...shared, ...prompt(tokens.new, seed++)]);
        return firstToken([...shared, ...prompt(tokens.new, seed++)]);
      },
    },
    rounds,
    'a cached prefix',
  );
  return ratioOf(measured.cached, measured.cold);
}

/** Work of one composed step, counted where it is done. */
export interface Counts {
  /** `llama_decode` calls per generated token, for each model in turn. */
  readonly decodesPerToken: readonly number[];
  /** Tokens computed per generated token, over all models. */
  readonly forwardsPerToken: number;
  /** Logits copied from llama.cpp's memory into the composition's: each row once. */
  readonly bytesCopiedPerToken: number;
  /** Of all models' rows. */
  readonly rowBytes: number;
}

/** Counts the calls of `tokens` steps of `generations` greedy generations at once. */
export async function countWork(
  { trimtab, contexts, prompt, exactly }: Subject,
  generations: number,
  tokens: number,
): Promise<Counts> {
  const decodes = contexts.map(() => 0);
  let rowsBytes = 0;
  const restore = contexts.map((context, i) => {
    const extend = context.extend.bind(context);
    context.extend = async (...given) => {
      decodes[i]! += 1;
      const results = await extend(...given);
      for (const row of results.flatMap(({ rows }) => rows)) {
        if (row instanceof Float32Array) rowsBytes += row.byteLength;
      }
      return results;
    };
    return () => (context.extend = extend);
  });
  const before = trimtab.stats.decodedTokens;
  const prompts = Array.from({ length: generations }, (_, i) => prompt(1, i));
  await Promise.all(prompts.map((each) => trimtab.generate({ tokens: each }, exactly(tokens))));
  for (const put of restore) put();
  const generated = generations * tokens;
  return {
    decodesPerToken: decodes.map((count) => count / generated),
    forwardsPerToken: (trimtab.stats.decodedTokens - before) / generated,
    bytesCopiedPerToken: rowsBytes / generated,
    rowBytes: sum(contexts.map(({ model }) => 4 * model.vocabulary.size)),
  };
}
