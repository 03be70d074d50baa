import { describe, expect, it } from 'vitest';
import { resolveSampling } from './options.ts';
import { biasInPlace, penalizeInPlace } from './penalties.ts';

const logits = (): Float32Array => Float32Array.of(4, -4, 2, -2, 8, -Infinity);

describe('penalizeInPlace', () => {
  const seen = {
    prompt: new Set([0, 1]),
    generated: new Map([
      [1, 1],
      [2, 3],
      [3, 1],
    ]),
  };

  it('divides positive and multiplies negative logits of prompt and answer, once each', () => {
    const x = logits();
    penalizeInPlace(x, seen, resolveSampling({ repetitionPenalty: 2 }));
    expect([...x]).toEqual([2, -8, 1, -4, 8, -Infinity]);
  });

  it('subtracts presence once and frequency per occurrence, from the answer only', () => {
    const x = logits();
    penalizeInPlace(x, seen, resolveSampling({ presencePenalty: 0.5, frequencyPenalty: 0.25 }));
    expect([...x]).toEqual([4, -4.75, 0.75, -2.75, 8, -Infinity]);
  });

  it('repeats first, then subtracts', () => {
    const x = logits();
    const sampling = { repetitionPenalty: 2, presencePenalty: 0.5, frequencyPenalty: 0.25 };
    penalizeInPlace(x, seen, resolveSampling(sampling));
    expect([...x]).toEqual([2, -8.75, -0.25, -4.75, 8, -Infinity]);
  });

  it('leaves every bit alone when off, and keeps banned tokens banned', () => {
    const x = logits();
    penalizeInPlace(x, seen, resolveSampling({}));
    expect([...x]).toEqual([...logits()]);
    const banned = { prompt: new Set<number>(), generated: new Map([[5, 2]]) };
    penalizeInPlace(x, banned, resolveSampling({ repetitionPenalty: 3, presencePenalty: -2 }));
    expect(x[5]).toBe(-Infinity);
  });
});

describe('biasInPlace', () => {
  it('bans a token whose penalised logit overflows', () => {
    const x = Float32Array.of(Infinity, 1);
    biasInPlace(x, [{ tokenId: 0, bias: -Infinity }]);
    expect([...x]).toEqual([-Infinity, 1]);
  });

  it('adds to the named logits only', () => {
    const x = Float32Array.of(1, 2, 3, -Infinity);
    const { logitBias } = resolveSampling({ logitBias: { 0: 0.5, 2: -100, 3: 100 } });
    biasInPlace(x, logitBias);
    expect([...x]).toEqual([1.5, 2, -Infinity, -Infinity]);
  });
});
