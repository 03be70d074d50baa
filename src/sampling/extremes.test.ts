import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { createRowKernels, type RowKernels } from '../math/index.ts';
import { TrimtabError } from '../spec/index.ts';
import { createSampler, resolveSampling, type Sampler } from './index.ts';

const vocabSize = 6;

const logit = fc.oneof(
  fc.constantFrom(0, -0, 1e-45, -1e-45, 3.4e38, -3.4e38, 1e30, -Infinity, 30, -30),
  fc.float({ min: -50, max: 50, noNaN: true }),
);

/** Anything that a request may say, its ends above all. */
const options = fc.record(
  {
    temperature: fc.constantFrom(0, 1e-6, 1, 100),
    topK: fc.constantFrom(0, 1, 2, 2 ** 31 - 1),
    topP: fc.constantFrom(1e-300, Number.MIN_VALUE, 0.5, 1 - 1e-16, 1),
    minP: fc.constantFrom(0, 1e-300, Number.MIN_VALUE, 0.5, 1),
    typicalP: fc.constantFrom(1e-300, 0.5, 1 - 1e-16, 1),
    repetitionPenalty: fc.constantFrom(0.01, 0.5, 1, 100),
    presencePenalty: fc.constantFrom(-2, 0, 2),
    frequencyPenalty: fc.constantFrom(-2, 0, 2),
    logitBias: fc.dictionary(fc.constantFrom('0', '1', '5'), fc.constantFrom(-100, -1e-300, 100)),
  },
  { requiredKeys: [] },
);

/** `null` where the row is refused by an error of our own. */
function chooseOrRefuse(sampler: Sampler, kernels: RowKernels): number | null {
  try {
    return sampler.choose(kernels, 0);
  } catch (error) {
    if (error instanceof TrimtabError) return null;
    throw error;
  }
}

describe('any options, any finite logits', () => {
  it('choose a token that may be chosen, or say why none can be', () => {
    const kernels = createRowKernels(vocabSize, 1);
    const seen = fc.array(fc.nat({ max: vocabSize - 1 }), { maxLength: 5 });
    const row = fc.array(logit, { minLength: vocabSize, maxLength: vocabSize });
    fc.assert(
      fc.property(options, row, seen, fc.nat(), (given, logits, tokens, seed) => {
        const sampling = resolveSampling(given);
        const sampler = createSampler({ sampling, vocabSize, promptTokens: tokens, seed });
        for (const token of tokens.slice(2)) sampler.accept(token);
        kernels.row(0).set(logits);
        sampler.adjust(kernels, 0);
        const chosen = chooseOrRefuse(sampler, kernels);
        const best = Math.max(...kernels.row(0));
        expect(chosen === null).toBe(!Number.isFinite(best));
        expect(chosen === null || kernels.row(0)[chosen]! > -Infinity).toBe(true);
      }),
      {
        numRuns: runs(500),
        examples: [
          [{ repetitionPenalty: 0.01, logitBias: { '5': -100 } }, [0, 0, 0, 0, 0, 3.4e38], [5], 0],
        ],
      },
    );
  });
});
