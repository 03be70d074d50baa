// What one client of ten can do to the other nine: npm run abuse
// -- --answers  of each of the nine, per measurement (6)
// -- --rounds   measurements of each kind, with and without the tenth in turn (3)
// -- --only     kinds whose names contain this
import { parseArgs } from 'node:util';

import { createSupervisedService } from '../../src/service/index.ts';
import { createServer } from '../../src/server/index.ts';
import { abuses, type Abuse, type Target } from './abuses.ts';
import { median, showProgress } from '../shared/measure.ts';
import { embeddedFiles, proxyTuningRecipe } from '../shared/recipes.ts';

const { values: flags } = parseArgs({
  options: {
    answers: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
});
const [answers, rounds] = [Number(flags.answers), Number(flags.rounds)];
const polite = 9;
const lanes = 4;
/** Answers to the nine that were errors. */
let failures = 0;

const recipe = proxyTuningRecipe('abuse', embeddedFiles, {
  contextLength: 512,
  threads: 1,
  maxSequences: lanes,
});
const keys = Array.from({ length: polite + 1 }, (_, i) => `key ${i}`);
await using service = await createSupervisedService({
  recipes: [recipe],
  engineOptions: { maxQueue: 128 },
});
await service.load(recipe.name);
await using server = await createServer({
  service,
  keys,
  limits: { parallelChoices: lanes },
}).listen();

/** Seconds that each answer of the nine took. */
async function measure(): Promise<number[]> {
  const clients = keys.slice(0, polite).map(async (key, client) => {
    const waits: number[] = [];
    for (let i = 0; i < answers; i++) waits.push(await ask(key, `${client} ${i}`));
    return waits;
  });
  return (await Promise.all(clients)).flat();
}

/** Asks again after a failure, which counts as waiting. */
async function ask(key: string, name: string): Promise<number> {
  const start = performance.now();
  const response = await post(key, name);
  await response.arrayBuffer();
  if (response.ok) return (performance.now() - start) / 1000;
  failures++;
  return (performance.now() - start) / 1000 + (await ask(key, name));
}

function post(key: string, name: string): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: recipe.name,
      messages: [{ role: 'user', content: `Where was ${name} born?` }],
      max_tokens: 10,
      logit_bias: { 0: -100 },
    }),
  });
}

async function measureBeside(abuse: Abuse): Promise<number[]> {
  const stop = new AbortController();
  const target: Target = {
    url: server.url,
    key: keys.at(-1)!,
    model: recipe.name,
    signal: stop.signal,
  };
  const abusing = abuse.run(target);
  await new Promise((resolve) => setTimeout(resolve, 300));
  try {
    return await measure();
  } finally {
    stop.abort();
    await abusing;
  }
}

await measure(); // warms up
const format = (seconds: number) => `${(seconds * 1000).toFixed(0)} ms`.padStart(9);
console.log(
  `Waits of nine clients, ${answers} answers of 10 tokens each, ${lanes} lanes; beside a tenth that …`,
);
console.log(`${''.padEnd(44)}  worst alone  beside it  ratio  ratio of medians`);
for (const abuse of abuses.filter(({ name }) => name.includes(flags.only))) {
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < rounds; round++) {
    showProgress(`${abuse.name}: round ${round + 1} of ${rounds}`);
    alone.push(...(await measure()));
    beside.push(...(await measureBeside(abuse)));
  }
  showProgress('');
  const [without, with_] = [Math.max(...alone), Math.max(...beside)];
  const ratios = [with_ / without, median(beside) / median(alone)].map((x) => x.toFixed(2));
  console.log(
    `${abuse.name.padEnd(44)}  ${format(without)}  ${format(with_)}  ${ratios[0]!.padStart(5)}  ${ratios[1]!.padStart(5)}`,
  );
}
console.log(`errors: ${failures}, engine restarts: ${service.status.restarts}`);
