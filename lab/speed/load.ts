// Streams against a served recipe, for a while: npm run load
// -- --seconds  how long (120)
// -- --streams  at once (64)
import { parseArgs } from 'node:util';

import autocannon from 'autocannon';

import { createSupervisedService } from '../../src/service/index.ts';
import { createServer } from '../../src/server/index.ts';
import { median, showProgress } from '../shared/measure.ts';
import { embeddedFiles, proxyTuningRecipe } from '../shared/recipes.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    streams: { type: 'string', default: '64' },
  },
});
const [seconds, streams] = [Number(flags.seconds), Number(flags.streams)];

const engine = { contextLength: 512, threads: 1, maxSequences: 16 };
const recipe = proxyTuningRecipe('load', embeddedFiles, engine);
await using service = await createSupervisedService({
  recipes: [recipe],
  engineOptions: { maxQueue: 32 },
});
await service.load(recipe.name);
await using server = await createServer({ service }).listen();

/** Of the engine's process, a sample a second. */
const resident: number[] = [];
const timer = setInterval(() => {
  resident.push(service.status.stats.residentBytes);
  showProgress(`${resident.length} of ${seconds} s`);
}, 1000);
const result = await autocannon({
  url: `${server.url}/v1/completions`,
  method: 'POST',
  connections: streams,
  duration: seconds,
  timeout: 60,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    model: recipe.name,
    prompt: 'Mada Norrar was born in the town of',
    max_tokens: 40,
    stream: true,
  }),
});
clearInterval(timer);
showProgress('');

const { errors, timeouts, statusCodeStats = {}, latency } = result;
const counts = Object.entries(statusCodeStats).map(([code, { count }]) => `${count} × ${code}`);
console.log(`${streams} streams at once for ${seconds} s: ${counts.join(', ')}`);
console.log(`errors ${errors}, timeouts ${timeouts}, engine restarts ${service.status.restarts}`);
console.log(`time of an answer: median ${latency.p50} ms, 99th percentile ${latency.p99} ms`);
const half = resident.length >> 1;
const growth = median(resident.slice(-5)) / median(resident.slice(half, half + 5));
console.log(`engine's resident memory, the end / half-way: ${growth.toFixed(3)}`);
const unexpected = Object.keys(statusCodeStats).filter((code) => code !== '200' && code !== '429');
if (errors > 0 || timeouts > 0 || unexpected.length > 0) process.exitCode = 1;
