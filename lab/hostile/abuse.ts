// What one client of ten can do to the other nine.
import { createSupervisedService } from '../../src/service/index.ts';
import { createServer } from '../../src/server/index.ts';
import { experiment } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { median } from '../shared/numbers.ts';
import { showProgress } from '../shared/progress.ts';
import { embeddedFiles, proxyTuningRecipe } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';
import { abuses, type Abuse, type Target } from './abuses.ts';

const polite = 9;
const lanes = 4;
const keys = Array.from({ length: polite + 1 }, (_, i) => `key ${i}`);
const recipe = proxyTuningRecipe('abuse', embeddedFiles, {
  contextLength: 512,
  threads: 1,
  maxSequences: lanes,
});

export default experiment({
  flags: {
    answers: number('of each of the nine, per measurement', 6),
    rounds: number('measurements of each kind, with and without the tenth in turn', 3),
    only: text('WORDS', 'kinds whose names contain this', ''),
  },
  async run({ answers, rounds, only }, print) {
    await using service = await createSupervisedService({
      recipes: [recipe],
      engineOptions: { maxQueue: 128 },
    });
    await service.load(recipe.name);
    const limits = { parallelChoices: lanes };
    await using server = await createServer({ service, keys, limits }).listen();
    const clients = createClients(server.url, answers);
    await clients.measure(); // warms up
    const rows = [];
    for (const abuse of abuses.filter(({ name }) => name.includes(only))) {
      const alone: number[] = [];
      const beside: number[] = [];
      for (let round = 0; round < rounds; round++) {
        showProgress(`${abuse.name}: round ${round + 1} of ${rounds}`);
        alone.push(...(await clients.measure()));
        beside.push(...(await clients.measureBeside(abuse)));
      }
      const [worstAlone, worst] = [Math.max(...alone), Math.max(...beside)];
      const ratioOfMedians = median(beside) / median(alone);
      rows.push({ name: abuse.name, worstAlone, worst, ratio: worst / worstAlone, ratioOfMedians });
    }
    const ms = (seconds: number) => `${(seconds * 1000).toFixed(0)} ms`;
    print(
      `Waits of nine clients, ${answers} answers of 10 tokens each, ${lanes} lanes; beside a tenth that …`,
    );
    print(
      tableOf(rows, {
        '': ({ name }) => name,
        'worst alone': ({ worstAlone }) => ms(worstAlone),
        'beside it': ({ worst }) => ms(worst),
        ratio: ({ ratio }) => ratio.toFixed(2),
        'ratio of medians': ({ ratioOfMedians }) => ratioOfMedians.toFixed(2),
      }),
    );
    const [errors, { restarts }] = [clients.failures, service.status];
    print(`errors: ${errors}, engine restarts: ${restarts}`);
    return { data: { rows, errors, restarts } };
  },
});

/** The nine, and a tenth that abuses. */
function createClients(url: string, answers: number) {
  /** Answers to the nine that were errors. */
  let failures = 0;

  /** Asks again after a failure, which counts as waiting. @returns Seconds. */
  async function ask(key: string, name: string): Promise<number> {
    const start = performance.now();
    const response = await post(url, key, name);
    await response.arrayBuffer();
    if (response.ok) return (performance.now() - start) / 1000;
    failures++;
    return (performance.now() - start) / 1000 + (await ask(key, name));
  }

  /** Seconds that each answer of the nine took. */
  async function measure(): Promise<number[]> {
    const clients = keys.slice(0, polite).map(async (key, client) => {
      const waits: number[] = [];
      for (let i = 0; i < answers; i++) waits.push(await ask(key, `${client} ${i}`));
      return waits;
    });
    return (await Promise.all(clients)).flat();
  }

  async function measureBeside(abuse: Abuse): Promise<number[]> {
    const stop = new AbortController();
    const target: Target = { url, key: keys.at(-1)!, model: recipe.name, signal: stop.signal };
    const abusing = abuse.run(target);
    await new Promise((resolve) => setTimeout(resolve, 300));
    try {
      return await measure();
    } finally {
      stop.abort();
      await abusing;
    }
  }

  return {
    measure,
    measureBeside,
    get failures() {
      return failures;
    },
  };
}

function post(url: string, key: string, name: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
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
