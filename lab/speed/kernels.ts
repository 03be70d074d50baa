// Median times of the row kernels and of sampling, SIMD WebAssembly against the plain reference, in one run.
import {
  createReferenceRowKernels,
  createRowKernels,
  type RowKernels,
  uniformAt,
} from '../../src/math/index.ts';
import { createSampler, resolveSampling } from '../../src/sampling/index.ts';
import type { SamplingOptions } from '../../src/spec/index.ts';
import { experiment } from '../shared/experiment.ts';
import { median } from '../shared/numbers.ts';
import { tableOf } from '../shared/table.ts';

const vocabSizes = [1280, 32_000, 128_256, 152_064];
const terms = 3;
/** Each operation runs for about this long on each implementation. */
const budgetMs = 150;

/** One operation over kernels whose rows 0 to 2 hold logits and whose row 3 is free. */
type Operation = (kernels: RowKernels) => () => unknown;

const composed = 3;

function sampledStep(options: SamplingOptions): Operation {
  return (kernels) => {
    const sampling = resolveSampling(options);
    const vocabSize = kernels.length;
    const sampler = createSampler({ sampling, vocabSize, promptTokens: [], seed: 1 });
    return () => {
      sampler.adjust(kernels, 0);
      const tokenId = sampler.choose(kernels, 0);
      sampler.accept(tokenId);
    };
  };
}

const operations: Readonly<Record<string, Operation>> = {
  'copy a row': (kernels) => () => kernels.row(composed).set(kernels.row(0)),
  'accumulate 3 rows + argmax': (kernels) => () => {
    kernels.fill(composed, 0);
    for (let term = 0; term < terms; term++) kernels.accumulate(composed, term, 0.5, 0);
    return kernels.argmax(composed);
  },
  'first non-finite': (kernels) => () => kernels.firstNonFinite(0),
  'log-sum-exp': (kernels) => () => kernels.logSumExp(0, 1 / 0.7),
  'KL of two rows': (kernels) => () => kernels.kl(0, 1),
  'moments of a tilt': (kernels) => () => kernels.tiltedMoments(0, 1, 0.5),
  'ban outside a mask': (kernels) => {
    // Every other token; the row is written over and over, which takes as long each time.
    const mask = new Uint32Array(Math.ceil(kernels.length / 32)).fill(0x55555555);
    return () => kernels.banOutside(composed, mask);
  },
  'top 40': (kernels) => () => kernels.topK(0, 40),
  'top 1000': (kernels) => () => kernels.topK(0, 1000),
  'step: greedy': sampledStep({ temperature: 0 }),
  'step: top-k 40, top-p .95': sampledStep({ temperature: 0.7, topK: 40, topP: 0.95 }),
  'step: min-p .05': sampledStep({ minP: 0.05 }),
  'step: temperature .7, top-p .95': sampledStep({ temperature: 0.7, topP: 0.95 }),
  'step: temperature 1': sampledStep({}),
  'step: temperature 2, top-p .95': sampledStep({ temperature: 2, topP: 0.95 }),
  'step: typical .95': sampledStep({ typicalP: 0.95 }),
};

/** Bells of standard deviation 3: flatter than most models are, so sampling has work to do. */
function fillRows(kernels: RowKernels): RowKernels {
  for (let r = 0; r < terms; r++) {
    const row = kernels.row(r);
    for (let i = 0; i < row.length; i++) {
      const [u, v] = [uniformAt(r, 2 * i), uniformAt(r, 2 * i + 1)];
      row[i] = 3 * Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
    }
  }
  return kernels;
}

/** Median time of one call, in milliseconds. */
function medianTime(call: () => unknown): number {
  const times: number[] = [];
  const end = performance.now() + budgetMs;
  for (let run = 0; run < 10 || performance.now() < end; run++) {
    const start = performance.now();
    call();
    times.push(performance.now() - start);
  }
  return median(times);
}

export default experiment({
  flags: {},
  run: async (_, print) => {
    const data = vocabSizes.map((vocabSize) => {
      const simd = fillRows(createRowKernels(vocabSize, terms + 1));
      const plain = fillRows(createReferenceRowKernels(vocabSize, terms + 1));
      const times = Object.entries(operations).map(([name, operation]) => ({
        name,
        simdMs: medianTime(operation(simd)),
        plainMs: medianTime(operation(plain)),
      }));
      const table = tableOf(times, {
        [`V = ${vocabSize.toLocaleString('en')}`]: ({ name }) => name,
        'SIMD ms': ({ simdMs }) => simdMs.toFixed(4),
        'plain ms': ({ plainMs }) => plainMs.toFixed(4),
        ratio: ({ simdMs, plainMs }) => (plainMs / simdMs).toFixed(1),
      });
      print(`\n${table}`);
      return { vocabSize, times };
    });
    return { data };
  },
});
