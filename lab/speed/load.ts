// Streams against a served recipe, for a while.
import autocannon from 'autocannon';

import { createSupervisedService } from '../../src/service/index.ts';
import { createServer } from '../../src/server/index.ts';
import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { median } from '../shared/numbers.ts';
import { showProgress } from '../shared/progress.ts';
import { embeddedFiles, proxyTuningRecipe } from '../shared/recipes.ts';

export default experiment({
  flags: { seconds: number('how long', 120), streams: number('at once', 64) },
  async run({ seconds, streams }, print) {
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

    const { errors, timeouts, statusCodeStats = {}, latency } = result;
    const counts = Object.entries(statusCodeStats).map(([code, { count }]) => `${count} × ${code}`);
    print(`${streams} streams at once for ${seconds} s: ${counts.join(', ')}`);
    print(`errors ${errors}, timeouts ${timeouts}, engine restarts ${service.status.restarts}`);
    print(`time of an answer: median ${latency.p50} ms, 99th percentile ${latency.p99} ms`);
    const half = resident.length >> 1;
    const growth = median(resident.slice(-5)) / median(resident.slice(half, half + 5));
    print(`engine's resident memory, the end / half-way: ${growth.toFixed(3)}`);
    const unexpected = Object.keys(statusCodeStats).filter(
      (code) => code !== '200' && code !== '429',
    );
    return {
      data: {
        statusCodeStats,
        errors,
        timeouts,
        restarts: service.status.restarts,
        latency,
        growth,
      },
      failed: errors > 0 || timeouts > 0 || unexpected.length > 0,
    };
  },
});
