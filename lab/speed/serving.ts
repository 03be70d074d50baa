import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';

import { createSupervisedService } from '../../src/service/index.ts';
import type { Recipe, TokenId } from '../../src/index.ts';
import { createServer } from '../../src/server/index.ts';
import { interleave, ratioOf, type Summary } from '../shared/measure.ts';
import { median } from '../shared/numbers.ts';
import type { Subject } from './subject.ts';

export interface ServingResults {
  readonly generations: number;
  readonly tokens: number;
  /** Tokens per second through HTTP and a supervised engine, over those of the engine in this process. */
  readonly throughput: Summary;
  /** The same of one generation alone. */
  readonly throughputAlone: Summary;
  /** What HTTP and the engine's process add to a token of one generation, in milliseconds. */
  readonly addedPerTokenMs: number;
  /** And to its first token. */
  readonly addedToFirstMs: number;
}

/** Milliseconds to the first token of the first answer, and to the end of the last. */
interface Timed {
  readonly first: number;
  readonly whole: number;
}

/** Served answers against those of the engine in this process: the same prompts, params and batch. */
export async function measureServing(
  subject: Subject,
  recipe: Recipe,
  options: { readonly generations: number; readonly tokens: number; readonly rounds: number },
): Promise<ServingResults> {
  const { generations, tokens, rounds } = options;
  await using service = await createSupervisedService({ recipes: [recipe] });
  await service.load(recipe.name);
  await using server = await createServer({ service }).listen();
  const prompts = Array.from({ length: generations }, (_, i) => subject.prompt(24, i));
  const here = (count: number) => () =>
    timeAll(prompts.slice(0, count), (prompt, onFirst) => {
      const stream = subject.trimtab.stream({ tokens: prompt }, subject.exactly(tokens));
      return drain(stream, onFirst);
    });
  const body = {
    model: recipe.name,
    max_tokens: tokens,
    stream: true,
    logit_bias: subject.exactly(tokens).logitBias,
  };
  const served = (count: number) => () =>
    timeAll(prompts.slice(0, count), async (prompt, onFirst) => {
      const response = await fetch(`${server.url}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, prompt }),
      });
      if (!response.ok)
        throw new Error(`The server answers ${response.status}: ${await response.text()}`);
      await drain(events(response), onFirst);
    });
  const times = await interleave(
    {
      here: here(generations),
      served: served(generations),
      hereAlone: here(1),
      servedAlone: served(1),
    },
    rounds,
    'serving',
  );
  const wholes = (name: keyof typeof times) => times[name].map(({ whole }) => whole);
  const added = (pick: (timed: Timed) => number) =>
    median(times.servedAlone.map((timed, i) => pick(timed) - pick(times.hereAlone[i]!)));
  return {
    generations,
    tokens,
    throughput: ratioOf(wholes('here'), wholes('served')),
    throughputAlone: ratioOf(wholes('hereAlone'), wholes('servedAlone')),
    addedPerTokenMs: added(({ first, whole }) => (whole - first) / (tokens - 1)),
    addedToFirstMs: added(({ first }) => first),
  };
}

async function timeAll(
  prompts: readonly (readonly TokenId[])[],
  run: (prompt: readonly TokenId[], onFirst: () => void) => Promise<void>,
): Promise<Timed> {
  const start = performance.now();
  let first = Infinity;
  const onFirst = () => {
    first = Math.min(first, performance.now() - start);
  };
  await Promise.all(prompts.map((prompt) => run(prompt, onFirst)));
  return { first, whole: performance.now() - start };
}

async function drain(items: AsyncIterable<unknown>, onFirst: () => void): Promise<void> {
  let isFirst = true;
  for await (const _ of items) {
    if (isFirst) onFirst();
    isFirst = false;
  }
}

function events(response: Response): AsyncIterable<EventSourceMessage> {
  const texts = response.body!.pipeThrough(new TextDecoderStream());
  return texts.pipeThrough(new EventSourceParserStream());
}
